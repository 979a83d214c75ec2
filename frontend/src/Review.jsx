// The last look before anything is saved: what will be committed, and what it leads to.
import { useEffect, useRef, useState } from 'react';
import { Files, Manifests, Objects } from './Changes.jsx';
import { call } from './http.js';
import { Refusal } from './Live.jsx';
import { t } from './words.js';

/** The state of a review: `open(body)` asks this address what would be committed; who closes it before the answer is not shown it. */
export function useReview(url, onRefused) {
  const [shown, setShown] = useState(null);
  const asking = useRef(null);
  const open = async (body) => {
    const { signal } = (asking.current = new AbortController());
    setShown({ proposed: null, error: null });
    try {
      const proposed = await call('POST', url, { body, signal });
      if (!signal.aborted) setShown({ proposed, error: null });
    } catch (error) {
      if (!signal.aborted) onRefused(error);
    }
  };
  const close = () => {
    asking.current?.abort();
    setShown(null);
  };
  return { shown, open, close, refuse: (error) => setShown((before) => before && { ...before, error }) };
}

/**
 * `proposed` is the server's answer, null until it is there: `files`, and the `objects` that change or all `manifests` of something new.
 * `leads` is the heading above these. Where `onTitle` is given a title is asked for; it is the page's, so that going back keeps it.
 */
export function Review({ heading, says, leads, submit, doing, proposed, error, busy, title, onTitle, onSave, onClose }) {
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
    dialog.current.querySelector(onTitle ? 'input' : 'h2').focus();
    // Once, when it opens.
  }, []);
  return (
    <dialog ref={dialog} className="c-review" aria-labelledby="review-title" onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (proposed && !busy) onSave();
        }}
      >
        <header>
          <h2 id="review-title" tabIndex={-1}>
            {heading}
          </h2>
          <p className="muted">{says}</p>
        </header>
        <div className="c-reviewbody">
          {onTitle && <Title title={title} onTitle={onTitle} />}
          {error && <Refusal error={error} />}
          {proposed ? <Proposed {...proposed} leads={leads} /> : !error && <p className="f-empty">{t('Rendering…')}</p>}
        </div>
        <footer>
          <button type="button" className="btn" onClick={() => dialog.current.close()}>
            {t('Back to the form')}
          </button>
          <button type="submit" className="btn primary" disabled={busy || !proposed}>
            {busy ? doing : submit}
          </button>
        </footer>
      </form>
    </dialog>
  );
}

function Title({ title, onTitle }) {
  return (
    <>
      <label className="f-label" htmlFor="review-name">
        {t('Title')} <span className="f-unset">{t('optional')}</span>
      </label>
      <input
        id="review-name"
        className="f-input"
        maxLength={255}
        placeholder={t('Edit the config')}
        value={title}
        onChange={(event) => onTitle(event.target.value)}
      />
    </>
  );
}

function Proposed({ files, objects, manifests, leads }) {
  return (
    <>
      <h3>{t('What is committed')}</h3>
      <Files files={files} />
      <h3>{leads}</h3>
      {manifests ? <Manifests manifests={manifests} folded /> : <Objects objects={objects} empty={t('No object changes: the manifests stay as they are.')} />}
    </>
  );
}
