// The last look before an edit: what will be committed, what it does, and under which title.
import { useEffect, useRef, useState } from 'react';
import { Files, Objects } from './Changes.jsx';
import { Refusal } from './Live.jsx';

export function Review({ proposed, error, busy, onSave, onClose }) {
  const dialog = useRef(null);
  const [title, setTitle] = useState('');
  useEffect(() => dialog.current.showModal(), []);
  return (
    <dialog ref={dialog} className="c-review" aria-labelledby="review-title" onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          onSave(title);
        }}
      >
        <header>
          <h2 id="review-title">Save this edit</h2>
          <p className="muted">It becomes a commit on the branch gitops and waits there. Nothing is deployed yet.</p>
        </header>
        <div className="c-reviewbody">
          <label className="f-label" htmlFor="review-name">
            Title <span className="f-unset">optional</span>
          </label>
          <input id="review-name" className="f-input" maxLength={255} placeholder="Edit the config" value={title} onChange={(event) => setTitle(event.target.value)} autoFocus />
          {error && <Refusal error={error} />}
          {proposed && (
            <>
              <h3>What is committed</h3>
              <Files files={proposed.files} />
              <h3>What a deploy of it does</h3>
              <Objects objects={proposed.objects} empty="No object changes: the manifests stay as they are." />
            </>
          )}
        </div>
        <footer>
          <button type="button" className="btn" onClick={() => dialog.current.close()}>
            Back to the form
          </button>
          <button type="submit" className="btn primary" disabled={busy || !proposed}>
            {busy ? 'Saving…' : 'Save'}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
