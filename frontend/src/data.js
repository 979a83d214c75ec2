// Form data as values: what is sent, where a pointer leads, whether two are the same.

/** The file that the form fills in. */
export const FORM = 'application.yaml';
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isEmpty = (value) => (isMap(value) ? Object.keys(value).length === 0 : Array.isArray(value) && value.length === 0);

/** The data as it is sent: without what was left empty, unless it was there at first. */
export function sent(data, first) {
  if (!isMap(data)) return data;
  const kept = {};
  for (const [key, value] of Object.entries(data)) {
    if (value === undefined) continue;
    const inner = isMap(value) ? sent(value, first?.[key]) : value;
    if (!isEmpty(inner) || first?.[key] !== undefined) kept[key] = inner;
  }
  return kept;
}

/** Whether two values hold the same, whatever the order of their keys. */
export function same(one, other) {
  if (isMap(one) && isMap(other)) {
    const keys = Object.keys(one);
    return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
  }
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((value, place) => same(value, other[place]));
  return Object.is(one, other);
}

/** Errors of an answer that name fields of the template's form, else null. */
export function inForm(error) {
  const { file, errors } = error?.details ?? {};
  return errors && file === FORM ? errors : null;
}

/** Errors of an answer that name fields of what is asked beside it, else null. */
export function besideForm(error) {
  const { file, errors, field } = error?.details ?? {};
  if (field) return [{ pointer: `/${field}`, message: error.message }];
  return errors && file !== FORM ? errors : null;
}

/** JSON pointers with messages, as the tree of errors that the form shows at its fields. */
export function errorTree(errors) {
  const tree = {};
  for (const { pointer, message } of errors) {
    let part = tree;
    for (const step of pointer.split('/').slice(1)) part = part[step.replaceAll('~1', '/').replaceAll('~0', '~')] ??= {};
    (part.__errors ??= []).push(message);
  }
  return tree;
}

/** A value of many parts in lines, as YAML writes it. */
export function lines(value, indent = '') {
  if (!isNested(value)) return `${indent}${short(value)}`;
  if (Array.isArray(value)) return value.map((item) => `${indent}- ${lines(item, `${indent}  `).trimStart()}`).join('\n');
  return Object.entries(value)
    .map(([key, item]) => `${indent}${key}:${isNested(item) ? `\n${lines(item, `${indent}  `)}` : ` ${short(item)}`}`)
    .join('\n');
}

const isNested = (value) => value !== null && typeof value === 'object' && !isEmpty(value);

/** A value in a line, as people read it. */
export function short(value) {
  if (value === undefined || value === null) return '—';
  return typeof value === 'string' ? value || '""' : JSON.stringify(value);
}
