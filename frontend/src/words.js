// What the pages say, in the reader's language: the key is the English, the page gives what it becomes (horizon/web/words.py lists every key).

let given = {};

export const speak = (words) => {
  given = words ?? {};
};

const FIELD = /\{(\w+)\}/;

/** The words for this English, always written out here as one literal; `{name}` stands for a value. */
export function t(english, values = {}) {
  return parts(english, values).join('');
}

/** As `t`, in pieces: for values that are elements. */
export function parts(english, values) {
  return (given[english] ?? english).split(FIELD).map((piece, place) => (place % 2 ? values[piece] : piece));
}

/** A moment as the reader's browser writes it. */
export const when = (at) => new Date(at).toLocaleString();
