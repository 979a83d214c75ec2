// Where in a text of YAML the value at a JSON pointer (RFC 6901) stands.
import { yamlLanguage } from '@codemirror/lang-yaml';

const steps = (pointer) => pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
const MAPS = ['BlockMapping', 'FlowMapping'];
const LISTS = ['BlockSequence', 'FlowSequence'];
/** What may stand around a value: an anchor, a tag. */
const WRAPPERS = ['Stream', 'Document', 'Item', 'Anchored', 'Tagged'];

/** `{from, to}` of the key or item that the pointer names; of the nearest one around it where it names none; null where there is nothing. */
export function placeOf(text, pointer) {
  let found = null;
  let value = inner(yamlLanguage.parser.parse(text).topNode);
  for (const step of steps(pointer)) {
    const next = value && (LISTS.includes(value.name) ? value.getChildren('Item')[Number(step)] : pair(text, value, step));
    if (!next) break;
    found = next;
    value = inner(next);
  }
  if (!found) return null;
  const end = text.indexOf('\n', found.from);
  return { from: found.from, to: Math.min(found.to, end < 0 ? text.length : end) };
}

/** The last pair of a map with this key: it wins. */
const pair = (text, map, key) => (MAPS.includes(map.name) ? map.getChildren('Pair').findLast((each) => keyOf(text, each) === key) : undefined);

function keyOf(text, pair) {
  const key = pair.getChild('Key')?.firstChild;
  if (!key) return null;
  const written = text.slice(key.from, key.to);
  if (key.name !== 'QuotedLiteral') return written;
  if (written.startsWith("'")) return written.slice(1, -1).replaceAll("''", "'");
  try {
    return JSON.parse(written);
  } catch {
    return written.slice(1, -1);
  }
}

/** The map or list in a node, if any. */
function inner(node) {
  for (let child = node.lastChild; child; child = child.prevSibling) {
    if ([...MAPS, ...LISTS].includes(child.name)) return child;
    if (WRAPPERS.includes(child.name)) return inner(child);
  }
  return null;
}
