// What a form would do: objects with their impact, each field before and after; files as diffs.
import { useState } from 'react';
import { Icon } from './icons.jsx';
import { lines } from './data.js';

const IMPACTS = {
  new: { tone: 'ok', says: 'is made' },
  changed: { tone: 'info', says: 'changes in place' },
  'pods restart': { tone: 'warn', says: 'its pods are replaced' },
  'immutable field': { tone: 'bad', says: 'the region refuses this change: delete the object first' },
  removed: { tone: 'bad', says: 'is removed' },
};
const FIRST = 8;
const LONG = 60;
const MOST = 2000;

/** A value as text that is not too long to look at. */
function said(value) {
  const text = lines(value);
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

export function Objects({ objects, empty }) {
  if (objects.length === 0) return <p className="f-empty">{empty}</p>;
  return objects.map((object) => <ObjectChange key={object.object} {...object} />);
}

function ObjectChange({ object, impact, fields }) {
  const [all, setAll] = useState(false);
  const { tone, says } = IMPACTS[impact] ?? { tone: 'info', says: impact };
  const shown = all ? fields : fields.slice(0, FIRST);
  return (
    <article className="c-object">
      <header>
        <h3 className="mono">{object}</h3>
        <span className={`badge ${tone}`} title={says}>
          {impact}
        </span>
      </header>
      {fields.length > 0 && (
        <dl>
          {shown.map((field) => (
            <Field key={field.path} {...field} fresh={impact === 'new'} />
          ))}
        </dl>
      )}
      {fields.length > FIRST && (
        <button type="button" className="btn ghost sm" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `${fields.length - FIRST} more fields`}
        </button>
      )}
    </article>
  );
}

function Field({ path, before, after, fresh }) {
  const [was, now] = [said(before), said(after)];
  const long = was.length + now.length > LONG || now.includes('\n');
  return (
    <div className={long ? 'long' : ''}>
      <dt>{path}</dt>
      <dd>
        {!fresh && <del>{was}</del>}
        {!fresh && !long && <Icon name="arrow" size={12} />}
        <ins>{now}</ins>
      </dd>
    </div>
  );
}

export function Files({ files }) {
  if (files.length === 0) return <p className="f-empty">No file changes.</p>;
  return files.map((file) => (
    <article className="c-file" key={file.file}>
      <h3 className="mono">{file.file}</h3>
      {file.binary ? <p className="f-help">A binary file, {file.status}.</p> : <Diff text={file.text} />}
    </article>
  ));
}

const KINDS = { '+': 'add', '-': 'del', '@': 'hunk' };

function Diff({ text }) {
  const lines = text.split('\n').filter((line, place) => !(place < 2 && /^(---|\+\+\+) /.test(line)) && line !== '');
  return (
    <pre className="c-diff" tabIndex={0} aria-label="Diff of the file">
      {lines.map((line, place) => (
        <span key={place} className={KINDS[line[0]] ?? ''}>
          {line}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

/** Whole objects as YAML, for what does not exist yet. */
export function Manifests({ manifests }) {
  return manifests.map(({ object, text }) => (
    <details className="c-file" key={object} open={manifests.length <= 3 || object.startsWith('Deployment/')}>
      <summary className="mono">{object}</summary>
      <pre className="c-diff" tabIndex={0} aria-label={`Manifest of ${object}`}>
        {text}
      </pre>
    </details>
  ));
}
