// What was typed and not yet saved, kept in the browser: for one thing at one revision.

const PREFIX = 'horizon:draft:';
const OLDEST = 14 * 24 * 3600 * 1000;

/** The newest draft of a thing: `{revision, data, at}`, or null. */
export function find(thing) {
  const found = all().filter((draft) => draft.thing === thing).sort((one, other) => other.at - one.at);
  return found[0] ?? null;
}

export function keep(thing, revision, data) {
  forgetOld();
  attempt(() => localStorage.setItem(name(thing, revision), JSON.stringify({ thing, revision, data, at: Date.now() })));
}

/** Forget the drafts of a thing, at every revision. */
export function forget(thing) {
  for (const draft of all()) if (draft.thing === thing) attempt(() => localStorage.removeItem(name(thing, draft.revision)));
}

function forgetOld() {
  for (const draft of all()) if (Date.now() - draft.at > OLDEST) attempt(() => localStorage.removeItem(name(draft.thing, draft.revision)));
}

const name = (thing, revision) => `${PREFIX}${thing}@${revision}`;

function all() {
  const keys = attempt(() => Object.keys(localStorage)) ?? [];
  return keys.filter((key) => key.startsWith(PREFIX)).map((key) => attempt(() => JSON.parse(localStorage.getItem(key)))).filter(Boolean);
}

/** A browser may refuse storage, or have none left: then there are no drafts, and all else works. */
function attempt(work) {
  try {
    return work();
  } catch {
    return null;
  }
}
