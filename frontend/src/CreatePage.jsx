// A new application or cluster: what it is, the template's form, its manifests as one types, and a last look before it is made.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Manifests } from './Changes.jsx';
import { besideForm, inForm, same } from './data.js';
import * as drafts from './draft.js';
import { Fields, isRight, known } from './Fields.jsx';
import { call } from './http.js';
import { DraftFound, Layout } from './Layout.jsx';
import { Live, Refusal } from './Live.jsx';
import { useLive } from './live.js';
import { Review, useReview } from './Review.jsx';
import { t } from './words.js';

const NEW = 'new';

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
  const review = useReview(urls.review, (error) => refuse(error));
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

  const filled = { ...about, config: clean };

  const open = () => {
    // Both are checked, so that all that is wrong shows at once; the first one in the page gets the focus.
    const right = fields.current?.check();
    if (!aboutFields.current.check() || !right) return;
    setRefused(null);
    review.open(filled);
  };

  /** Errors of fields lead back to them, all others are shown where one is. */
  const refuse = (error) => {
    const [beside, within] = [besideForm(error), inForm(error)];
    if (!beside && !within) return review.refuse(error);
    setRefused(error);
    review.close();
    (beside ? aboutFields : fields).current.showFirst();
  };

  const save = async () => {
    setBusy(true);
    try {
      const { url } = await call('POST', urls.save, { body: filled });
      drafts.forget(thing);
      window.location.assign(url);
    } catch (error) {
      setBusy(false);
      refuse(error);
    }
  };

  const inAbout = besideForm(refused);
  const within = inForm(refused) ?? (valid ? inForm(told.error) : null);
  const buttons = (
    <>
      <a className="btn" href={urls.cancel}>
        {t('Cancel')}
      </a>
      <button type="button" className="btn primary" disabled={busy || !start} onClick={open}>
        {t('Review and create')}
      </button>
    </>
  );
  return (
    <>
      <Layout
        says={given.footer}
        jump={t('Its manifests')}
        buttons={buttons}
        beside={
          <Live title={t('Its manifests')} told={told} valid={valid} footer={start && `${start.template} ${start.release}`}>
            {(answer) => <Manifests manifests={answer.manifests} />}
          </Live>
        }
      >
        {restored && <DraftFound at={restored} onDrop={startOver} onClose={() => setRestored(null)} />}
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
              errors={within}
              onChange={(next, wouldSend) => {
                setData(next);
                setClean(wouldSend);
                setRefused(null);
                if (!same(wouldSend, start.config)) setTyped(true);
              }}
            />
          </>
        )}
        {refused && !inAbout && !within && <Refusal error={refused} />}
      </Layout>
      {review.shown && (
        <Review
          {...review.shown}
          heading={given.heading}
          says={given.committed}
          leads={given.leads}
          submit={given.submit}
          doing={t('Creating…')}
          busy={busy}
          onSave={save}
          onClose={review.close}
        />
      )}
    </>
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
