// What stands beside a field: whose value wins, what is wrong.
import { Icon } from '../icons.jsx';
import { short } from '../data.js';
import { Said } from '../Layout.jsx';
import { parts } from '../words.js';

/** What a later file decides about the field at this path, if anything. */
export const decidedAt = (registry, path) => registry.formContext.decided?.get(path.join('\0'));

/** What is typed into the field has no effect. */
export function Decided({ by }) {
  if (!by) return null;
  return (
    <p className="f-decided" title={by.file}>
      <Icon name="lock" size={13} />
      <span>
        <Said pieces={parts('set by {owner} to {value}: it wins over the form', { owner: by.owner, value: <code>{short(by.value)}</code> })} />
      </span>
    </p>
  );
}

/** Whether errors of a field are shown yet: once it was left, or once all were asked for. */
export const speaks = (registry, id) => registry.formContext.all || registry.formContext.touched.has(id);
