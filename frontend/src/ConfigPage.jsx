// A cluster's config: the form, what it changes, saving without overwriting anybody.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Files, Objects } from './Changes.jsx';
import { Clash } from './Clash.jsx';
import { inForm, same, short } from './data.js';
import * as drafts from './draft.js';
import { Fields, isRight } from './Fields.jsx';
import { call } from './http.js';
import { Live } from './Live.jsx';
import { useLive } from './live.js';
import { Review, useReview } from './Review.jsx';
import { Icon } from './icons.jsx';
import { Banner, DraftFound, Layout, Said } from './Layout.jsx';
import { parts, t } from './words.js';

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
  const review = useReview(urls.preview, (error) => refuse(error));
  const [clash, setClash] = useState(null);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(null);
  const [title, setTitle] = useState('');
  const fields = useRef(null);
  const decided = useMemo(() => new Map(given.decided.map((item) => [item.path.join('\0'), item])), [given.decided]);

  const ask = useCallback((input, signal) => call('POST', urls.preview, { body: input, signal }), [urls]);
  const told = useLive(ask, clash ? { config: clash.merged.config, against } : valid ? { config: clean, against } : null);
  const changed = !same(clean, saved.config);
  const errors = inForm(refused) ?? (valid ? inForm(told.error) : null);

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
      review.close();
    } catch (error) {
      setClash((before) => before && { ...before, error });
      review.refuse(error);
      if (seen === draft?.revision) setNotice({ kind: 'lost', error });
    } finally {
      setBusy(false);
    }
  };

  // A draft of an older revision: somebody saved between typing and coming back.
  useEffect(() => {
    if (draft && !fits) merge(t('The config was saved since you typed'), draft.data, draft.revision);
    // Once, when the page opens.
  }, []);

  const open = () => {
    if (fields.current.check()) review.open({ config: clean, against: 'pending' });
  };

  /** Errors of fields lead back to them, all others are shown where one is. */
  const refuse = (error) => {
    setRefused(error);
    if (inForm(error)) {
      review.close();
      fields.current.showFirst();
      return;
    }
    review.refuse(error);
  };

  const save = async () => {
    setBusy(true);
    try {
      const answer = await call('POST', urls.save, { body: { config: clean, title }, revision: saved.revision });
      drafts.forget(thing);
      setSaved({ revision: answer.revision, config: clean });
      review.close();
      setTitle('');
      setRefused(null);
      setNotice({ kind: 'saved', revision: answer.revision, changed: answer.changed });
    } catch (error) {
      if (error.status === 412) await merge(t('Somebody else saved in the meantime'), clean, saved.revision);
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

  const comparisons = { pending: t('what is pending'), released: t('what is released') };
  const beside = (
    <>
      <Live
        title={clash ? t('What both change') : t('What it changes')}
        told={told}
        valid={valid || Boolean(clash)}
        tools={<Against against={against} comparisons={comparisons} onPick={setAgainst} />}
      >
        {(answer) => <Answer {...answer} against={against} />}
      </Live>
      <Overrides decided={given.decided} />
    </>
  );
  const buttons = (
    <>
      <button type="button" className="btn" disabled={!changed} onClick={startOver}>
        {t('Start over')}
      </button>
      <button type="button" className="btn primary" disabled={!changed || busy} onClick={open}>
        {t('Review and save')}
      </button>
    </>
  );
  return (
    <>
      <Layout
        says={changed ? t('Not saved yet; kept in this browser.') : t('Nothing to save.')}
        jump={t('What it changes')}
        buttons={given.editable && !clash && buttons}
        beside={beside}
      >
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
      </Layout>
      {review.shown && (
        <Review
          {...review.shown}
          heading={t('Save this edit')}
          says={t('It becomes a commit on the branch gitops and waits there. Nothing is deployed yet.')}
          leads={t('What a deploy of it does')}
          submit={t('Save')}
          doing={t('Saving…')}
          busy={busy}
          title={title}
          onTitle={setTitle}
          onSave={save}
          onClose={review.close}
        />
      )}
    </>
  );
}

function Against({ against, comparisons, onPick }) {
  return (
    <div className="c-tools f-seg" role="radiogroup" aria-label={t('Compared with')}>
      {Object.entries(comparisons).map(([value, label]) => (
        <label key={value}>
          <input type="radio" name="against" checked={against === value} onChange={() => onPick(value)} />
          {label}
        </label>
      ))}
    </div>
  );
}

function Answer({ errors, objects, files, against }) {
  return (
    <>
      {errors.map((text) => (
        <p className="f-help" key={text}>
          {text}
        </p>
      ))}
      <Objects objects={objects} empty={against === 'pending' ? t('No object differs from what is pending.') : t('No object differs from what is released.')} />
      {files.length > 0 && (
        <details className="c-files">
          <summary>{t('The files')}</summary>
          <Files files={files} />
        </details>
      )}
    </>
  );
}

function Notice({ notice, urls, onStartOver, onClose }) {
  if (!notice) return null;
  if (notice.kind === 'draft') return <DraftFound at={notice.at} onDrop={onStartOver} onClose={onClose} />;
  if (notice.kind === 'lost') {
    return (
      <Banner role="alert" onClose={onClose}>
        {t('Your draft could not be put on top of what is there now: {reason}', { reason: notice.error.message })}
      </Banner>
    );
  }
  if (notice.kind === 'merged') return <Banner onClose={onClose}>{t('The form holds both edits now. Look it over, then save.')}</Banner>;
  const revision = <code>{notice.revision.slice(0, 8)}</code>;
  const on = (
    <a className="btn sm primary" href={urls.cluster}>
      {t('To the cluster')}
    </a>
  );
  return (
    <Banner tone="ok" buttons={on} onClose={onClose}>
      <Said
        pieces={
          notice.changed
            ? parts('Saved as {revision}. It waits for a deploy.', { revision })
            : parts('This was saved already, as {revision}. It waits for a deploy.', { revision })
        }
      />
    </Banner>
  );
}

/** What SRE set: it wins over the form, whether the form knows the key or not. */
function Overrides({ decided }) {
  const found = decided.filter((item) => item.file === 'sre.yaml');
  if (found.length === 0) return null;
  return (
    <section className="card c-overrides" aria-labelledby="overrides">
      <header>
        <h2 id="overrides">{t('Set by SRE')}</h2>
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
        <Icon name="lock" size={13} /> {t('These win over the form.')}
      </footer>
    </section>
  );
}
