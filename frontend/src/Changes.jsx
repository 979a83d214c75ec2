// What a form would do: objects with their impact, each field before and after; files as diffs.
import { useState } from 'react';
import { Icon } from './icons.jsx';
import { FORM, lines } from './data.js';
import { t } from './words.js';

const IMPACTS = {
  new: { tone: 'ok', name: () => t('new'), says: () => t('is made') },
  changed: { tone: 'info', name: () => t('changed'), says: () => t('changes in place') },
  'pods restart': { tone: 'warn', name: () => t('pods restart'), says: () => t('its pods are replaced') },
  'immutable field': { tone: 'bad', name: () => t('immutable field'), says: () => t('the region refuses this change: delete the object first') },
  removed: { tone: 'bad', name: () => t('removed'), says: () => t('is removed') },
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
  const { tone, name, says } = IMPACTS[impact];
  const shown = all ? fields : fields.slice(0, FIRST);
  return (
    <article className="c-object">
      <header>
        <h3 className="mono">{object}</h3>
        <span className={`badge ${tone}`} title={says()}>
          {name()}
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
          {all ? t('Fewer') : t('{n} more fields', { n: fields.length - FIRST })}
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
  if (files.length === 0) return <p className="f-empty">{t('No file changes.')}</p>;
  return files.map((file) => (file.status === 'added' ? <NewFile key={file.file} {...file} /> : <ChangedFile key={file.file} {...file} />));
}

function ChangedFile({ file, binary, status, text }) {
  return (
    <article className="c-file">
      <h3 className="mono">{file}</h3>
      {binary ? <p className="f-help">{status === 'removed' ? t('A binary file that goes.') : t('A binary file that changes.')}</p> : <Diff text={text} />}
    </article>
  );
}

/** A file that was not there: its content, open where developers fill it in. */
function NewFile({ file, binary, text }) {
  if (binary) {
    return (
      <p className="c-file mono">
        {file} <span className="f-help">{t('binary')}</span>
      </p>
    );
  }
  return (
    <details className="c-file" open={file === FORM}>
      <summary className="mono">{file}</summary>
      <pre className="c-diff" tabIndex={0} aria-label={t('Content of {file}', { file })}>
        {content(text)}
      </pre>
    </details>
  );
}

/** What a unified diff of a new file adds. */
const content = (diff) =>
  diff
    .split('\n')
    .filter((line, place) => place > 1 && line.startsWith('+'))
    .map((line) => line.slice(1))
    .join('\n');

const KINDS = { '+': 'add', '-': 'del', '@': 'hunk' };

function Diff({ text }) {
  const lines = text.split('\n').filter((line, place) => !(place < 2 && /^(---|\+\+\+) /.test(line)) && line !== '');
  return (
    <pre className="c-diff" tabIndex={0} aria-label={t('Diff of the file')}>
      {lines.map((line, place) => (
        <span key={place} className={KINDS[line[0]] ?? ''}>
          {line}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

/** Whole objects as YAML, for what does not exist yet; all closed if `folded`. */
export function Manifests({ manifests, folded }) {
  return manifests.map(({ object, text }) => (
    <details className="c-file" key={object} open={!folded && (manifests.length <= 3 || object.startsWith('Deployment/'))}>
      <summary className="mono">{object}</summary>
      <pre className="c-diff" tabIndex={0} aria-label={t('Manifest of {object}', { object })}>
        {text}
      </pre>
    </details>
  ));
}
