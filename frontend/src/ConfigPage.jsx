// A cluster's config: the form, what it changes, saving without overwriting anybody.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Files, Objects } from './Changes.jsx';
import { Clash } from './Clash.jsx';
import { same, sent, short } from './data.js';
import * as drafts from './draft.js';
import { Fields, isRight } from './Fields.jsx';
import { call } from './http.js';
import { Live } from './Live.jsx';
import { useLive } from './live.js';
import { Review } from './Review.jsx';
import { Icon } from './icons.jsx';

const AGAINST = { pending: 'what is pending', released: 'what is released' };

export function ConfigPage({ given }) {
  const { urls, thing } = given;
  const draft = useMemo(() => (given.editable ? drafts.find(thing) : null), [given.editable, thing]);
  const fits = draft?.revision === given.revision;
  // What is saved: the revision and its data. What is typed: `data`, and `clean` as it would be sent.
  const [saved, setSaved] = useState({ revision: given.revision, config: given.config });
  const [data, setData] = useState(fits ? draft.data : given.config);
  const [clean, setClean] = useState(fits ? draft.data : given.config);
  const valid = useMemo(() => isRight(given.schema, clean), [given.schema, clean]);
  const [round, setRound] = useState(0);
  const [notice, setNotice] = useState(fits && !same(draft.data, given.config) ? { kind: 'draft', at: draft.at } : null);
  const [against, setAgainst] = useState('pending');
  const [review, setReview] = useState(null);
  const [clash, setClash] = useState(null);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(null);
  const fields = useRef(null);
  const decided = useMemo(() => new Map(given.decided.map((item) => [item.path.join('\0'), item])), [given.decided]);

  const ask = useCallback((input, signal) => call('POST', urls.preview, { body: input, signal }), [urls]);
  const told = useLive(ask, clash ? { config: clash.merged.config, against } : valid ? { config: clean, against } : null);
  const changed = !same(clean, saved.config);
  const errors = pointed(refused) ?? (valid ? pointed(told.error) : null);

  useEffect(() => {
    if (!given.editable) return;
    if (changed) drafts.keep(thing, saved.revision, clean);
    else if (!clash) drafts.forget(thing);
  }, [changed, clash, clean, given.editable, saved.revision, thing]);

  /** Draw the form anew from this data. */
  const draw = (config) => {
    setData(config);
    setClean(config);
    setRefused(null);
    setRound((before) => before + 1);
  };

  const startOver = () => {
    drafts.forget(thing);
    setNotice(null);
    draw(saved.config);
  };

  const merge = async (why, typed, seen, yielding = []) => {
    setBusy(true);
    try {
      const merged = await call('POST', urls.merge, { body: { config: typed, seen, yielding } });
      setClash({ why, typed, seen, yielding, merged, error: null });
      setReview(null);
    } catch (error) {
      setClash((before) => before && { ...before, error });
      setReview((before) => before && { ...before, error });
      if (seen === draft?.revision) setNotice({ kind: 'lost', error });
    } finally {
      setBusy(false);
    }
  };

  // A draft of an older revision: somebody saved between typing and coming back.
  useEffect(() => {
    if (draft && !fits) merge('The config was saved since you typed', draft.data, draft.revision);
    // Once, when the page opens.
  }, []);

  const open = async () => {
    if (!fields.current.check()) return;
    setReview({ proposed: null, error: null });
    try {
      setReview({ proposed: await call('POST', urls.preview, { body: { config: clean, against: 'pending' } }), error: null });
    } catch (error) {
      refuse(error);
    }
  };

  /** Errors of fields lead back to them, all others are shown where one is. */
  const refuse = (error) => {
    setRefused(error);
    if (pointed(error)) {
      setReview(null);
      fields.current.showFirst();
      return;
    }
    setReview((before) => before && { ...before, error });
  };

  const save = async (title) => {
    setBusy(true);
    try {
      const answer = await call('POST', urls.save, { body: { config: clean, title }, revision: saved.revision });
      drafts.forget(thing);
      setSaved({ revision: answer.revision, config: clean });
      setReview(null);
      setRefused(null);
      setNotice({ kind: 'saved', revision: answer.revision, changed: answer.changed });
    } catch (error) {
      if (error.status === 412) await merge('Somebody else saved in the meantime', clean, saved.revision);
      else refuse(error);
    } finally {
      setBusy(false);
    }
  };

  const take = () => {
    setSaved({ revision: clash.merged.revision, config: clash.merged.now });
    drafts.forget(thing);
    draw(clash.merged.config);
    setClash(null);
    setNotice({ kind: 'merged' });
  };

  const takeTheirs = () => {
    setSaved({ revision: clash.merged.revision, config: clash.merged.now });
    drafts.forget(thing);
    draw(clash.merged.now);
    setClash(null);
    setNotice(null);
  };

  return (
    <div className="c-page">
      <div className="c-form">
        <Notice notice={notice} urls={urls} onStartOver={startOver} onClose={() => setNotice(null)} />
        {!given.editable && <p className="banner">{given.reason}</p>}
        {clash && (
          <Clash
            {...clash}
            busy={busy}
            onYield={(yielding) => merge(clash.why, clash.typed, clash.seen, yielding)}
            onTake={take}
            onTheirs={takeTheirs}
          />
        )}
        <div hidden={Boolean(clash)}>
          <Fields
            key={round}
            ref={fields}
            schema={given.schema}
            ui={given.ui}
            data={data}
            first={saved.config}
            errors={errors}
            decided={decided}
            disabled={!given.editable}
            onChange={(typed, wouldSend) => {
              setData(typed);
              setClean(wouldSend);
              setRefused(null);
              if (notice?.kind === 'saved') setNotice(null);
            }}
          />
        </div>
        {given.editable && !clash && (
          <div className="f-foot">
            <span role="status">{changed ? 'Not saved yet; kept in this browser.' : 'Nothing to save.'}</span>
            <a className="f-jump" href="#live">
              What it changes
            </a>
            <div className="right">
              <button type="button" className="btn" disabled={!changed} onClick={startOver}>
                Start over
              </button>
              <button type="button" className="btn primary" disabled={!changed || busy} onClick={open}>
                Review and save
              </button>
            </div>
          </div>
        )}
      </div>
      <div className="c-beside">
        <Live
          title={clash ? 'What both change' : 'What it changes'}
          told={told}
          valid={valid || Boolean(clash)}
          tools={
            <div className="c-tools f-seg" role="radiogroup" aria-label="Compared with">
              {Object.entries(AGAINST).map(([value, label]) => (
                <label key={value}>
                  <input type="radio" name="against" checked={against === value} onChange={() => setAgainst(value)} />
                  {label}
                </label>
              ))}
            </div>
          }
        >
          {(answer) => (
            <>
              {answer.errors.map((text) => (
                <p className="f-help" key={text}>
                  {text}
                </p>
              ))}
              <Objects objects={answer.objects} empty={`No object differs from ${AGAINST[against]}.`} />
              {answer.files.length > 0 && (
                <details className="c-files">
                  <summary>The files</summary>
                  <Files files={answer.files} />
                </details>
              )}
            </>
          )}
        </Live>
        <Overrides decided={given.decided} />
      </div>
      {review && <Review {...review} busy={busy} onSave={save} onClose={() => setReview(null)} />}
    </div>
  );
}

/** Errors that name fields of the form, else null. */
function pointed(error) {
  const { file, errors } = error?.details ?? {};
  return errors && (!file || file === 'application.yaml') ? errors : null;
}

function Notice({ notice, urls, onStartOver, onClose }) {
  if (!notice) return null;
  const close = (
    <button type="button" className="btn ghost sm" onClick={onClose}>
      Close
    </button>
  );
  if (notice.kind === 'draft') {
    return (
      <div className="banner" role="status">
        <span>This is your draft of {new Date(notice.at).toLocaleString()}. It is not saved yet.</span>
        <span className="right">
          <button type="button" className="btn sm" onClick={onStartOver}>
            Drop the draft
          </button>
          {close}
        </span>
      </div>
    );
  }
  if (notice.kind === 'lost') {
    return (
      <div className="banner" role="alert">
        <span>Your draft could not be put on top of what is there now: {notice.error.message}</span>
        <span className="right">{close}</span>
      </div>
    );
  }
  if (notice.kind === 'merged') {
    return (
      <div className="banner" role="status">
        <span>The form holds both edits now. Look it over, then save.</span>
        <span className="right">{close}</span>
      </div>
    );
  }
  return (
    <div className="banner ok" role="status">
      <span>
        {notice.changed ? 'Saved as' : 'This was saved already, as'} <code>{notice.revision.slice(0, 8)}</code>. It waits for a deploy.
      </span>
      <span className="right">
        <a className="btn sm primary" href={urls.cluster}>
          To the cluster
        </a>
        {close}
      </span>
    </div>
  );
}

/** What SRE set: it wins over the form, whether the form knows the key or not. */
function Overrides({ decided }) {
  const found = decided.filter((item) => item.file === 'sre.yaml');
  if (found.length === 0) return null;
  return (
    <section className="card c-overrides" aria-labelledby="overrides">
      <header>
        <h2 id="overrides">Set by SRE</h2>
        <span className="pill">{found.length}</span>
      </header>
      <dl className="body">
        {found.map((item) => (
          <div key={item.path.join('.')}>
            <dt>{item.path.join('.')}</dt>
            <dd>{short(item.value)}</dd>
          </div>
        ))}
      </dl>
      <footer>
        <Icon name="lock" size={13} /> These win over the form.
      </footer>
    </section>
  );
}
