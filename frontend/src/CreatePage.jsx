// A new application or cluster: what it is, the template's form, and its manifests as one types.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Manifests } from './Changes.jsx';
import { same } from './data.js';
import * as drafts from './draft.js';
import { Fields, isRight, known } from './Fields.jsx';
import { call } from './http.js';
import { Live, Refusal } from './Live.jsx';
import { useLive } from './live.js';

const NEW = 'new';
const FORM = 'application.yaml';

export function CreatePage({ given }) {
  const { urls, thing, about: asked, steering } = given;
  const draft = useMemo(() => drafts.find(thing), [thing]);
  const [about, setAbout] = useState({ ...asked.data, ...draft?.data.about });
  // What the choices lead to: schemas, and the data that the form starts with.
  const [start, setStart] = useState(null);
  const [data, setData] = useState(draft?.data.config ?? {});
  const [clean, setClean] = useState(data);
  const valid = useMemo(() => start !== null && isRight(start.schema, clean), [start, clean]);
  const [typed, setTyped] = useState(Boolean(draft));
  const [restored, setRestored] = useState(draft?.at ?? null);
  const [round, setRound] = useState(0);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(null);
  const kept = useRef({});
  // As it is when an answer comes, which may be later than when it was asked for.
  const now = useRef({});
  now.current = { typed, clean, start };
  const [aboutFields, fields] = [useRef(null), useRef(null)];

  const choice = Object.fromEntries(steering.map((name) => [name, about[name] ?? '']));
  const wanted = Object.values(choice).every(Boolean) ? new URLSearchParams(choice).toString() : '';
  useEffect(() => {
    if (!wanted) return undefined;
    const stop = new AbortController();
    call('GET', `${urls.start}?${wanted}`, { signal: stop.signal }).then(
      (found) => {
        setStart(found);
        setRefused(null);
        draw(carried(found));
      },
      (error) => error.name !== 'AbortError' && setRefused(error),
    );
    return () => stop.abort();
  }, [urls.start, wanted]);

  /** What the form holds once other choices were made: what was typed, as far as it fits, and for another template what was typed for that one. */
  const carried = (found) => {
    const { typed, clean, start } = now.current;
    if (!start || start.template === found.template) return typed ? known(found.schema, clean) : found.config;
    if (typed) kept.current[start.template] = clean;
    const before = kept.current[found.template];
    setTyped(Boolean(before));
    return before ? known(found.schema, before) : found.config;
  };

  const draw = (config) => {
    setData(config);
    setClean(config);
    setRound((before) => before + 1);
  };

  const ask = useCallback((input, signal) => call('POST', urls.preview, { body: input, signal }), [urls]);
  const named = new RegExp(asked.schema.properties.name.pattern, 'u').test(about.name ?? '') ? about.name : 'preview';
  const input = valid ? { ...about, name: named, config: clean } : null;
  const told = useLive(ask, input);

  const edited = typed || !same(about, asked.data);
  useEffect(() => {
    if (edited) drafts.keep(thing, NEW, { about, config: clean });
  }, [about, clean, edited, thing]);

  const startOver = () => {
    drafts.forget(thing);
    setRestored(null);
    setTyped(false);
    setAbout(asked.data);
    setRefused(null);
    draw(start?.config ?? {});
  };

  const changeAbout = (next) => {
    setAbout(given.naming ? withName(next, about, given) : next);
    setRefused(null);
  };

  const save = async () => {
    // Both are checked, so that all that is wrong shows at once; the first one in the page gets the focus.
    const right = fields.current?.check();
    if (!aboutFields.current.check() || !right) return;
    setBusy(true);
    try {
      const { url } = await call('POST', urls.save, { body: { ...about, config: clean } });
      drafts.forget(thing);
      window.location.assign(url);
    } catch (error) {
      setRefused(error);
      setBusy(false);
      if (pointed(error, true)) aboutFields.current.showFirst();
      else if (pointed(error, false)) fields.current.showFirst();
    }
  };

  const inAbout = pointed(refused, true);
  const inForm = pointed(refused, false) ?? (valid ? pointed(told.error, false) : null);
  return (
    <div className="c-page">
      <div className="c-form">
        {restored && (
          <div className="banner" role="status">
            <span>This is your draft of {new Date(restored).toLocaleString()}.</span>
            <span className="right">
              <button type="button" className="btn sm" onClick={startOver}>
                Start over
              </button>
            </span>
          </div>
        )}
        <Fields ref={aboutFields} idPrefix="about" schema={asked.schema} ui={asked.ui} data={about} first={asked.data} errors={inAbout} onChange={changeAbout} />
        {start && (
          <>
            <div className="c-between">
              <h2>{given.configTitle}</h2>
              <p className="muted">{given.configHelp}</p>
            </div>
            <Fields
              key={round}
              ref={fields}
              schema={start.schema}
              ui={start.ui}
              data={data}
              first={start.config}
              errors={inForm}
              onChange={(next, wouldSend) => {
                setData(next);
                setClean(wouldSend);
                setRefused(null);
                if (!same(wouldSend, start.config)) setTyped(true);
              }}
            />
          </>
        )}
        {refused && !inAbout && !inForm && <Refusal error={refused} />}
        <div className="f-foot">
          <span>{given.footer}</span>
          <a className="f-jump" href="#live">
            Its manifests
          </a>
          <div className="right">
            <a className="btn" href={urls.cancel}>
              Cancel
            </a>
            <button type="button" className="btn primary" disabled={busy} onClick={save}>
              {busy ? 'Creating…' : given.submit}
            </button>
          </div>
        </div>
      </div>
      <div className="c-beside">
        <Live title="Its manifests" told={told} valid={valid} footer={start && `${start.template} ${start.release}`}>
          {(answer) => <Manifests manifests={answer.manifests} />}
        </Live>
      </div>
    </div>
  );
}

/** The name follows the choices until somebody types one. */
function withName(next, before, given) {
  const proposed = (about) => {
    const base = given.naming.map((part) => part.text ?? about[part.field] ?? '').filter(Boolean).join('-').slice(0, 50);
    let [name, number] = [base, 2];
    while (given.taken.includes(name)) name = `${base}-${number++}`;
    return name;
  };
  return next.name === before.name && before.name === proposed(before) ? { ...next, name: proposed(next) } : next;
}

/** Errors at fields: of what it is (`about`), or of the template's form. Null where there are none. */
function pointed(error, about) {
  const { file, errors, field } = error?.details ?? {};
  if (about && field) return [{ pointer: `/${field}`, message: error.message }];
  return errors && (file === FORM) === !about ? errors : null;
}
