// The panel beside the form that follows what is typed.
import { t } from './words.js';

/** `told` is what `useLive` gives; `valid` whether the browser finds the form right. The last good answer stays, dimmed, until there is a newer one. */
export function Live({ title, told, valid, tools, footer, children }) {
  const { answer, error, waiting } = told;
  const old = waiting || error || !valid;
  return (
    <aside id="live" className="c-live card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className="right" role="status">
          {waiting && <span className="badge info live">{t('rendering')}</span>}
          {!waiting && !valid && <span className="badge warn">{t('form not complete')}</span>}
          {!waiting && valid && error && <span className="badge bad">{t('refused')}</span>}
          {!waiting && valid && !error && answer && <span className="badge ok">{t('up to date')}</span>}
        </span>
      </header>
      {tools}
      <div className="body">
        {error && valid && <Refusal error={error} />}
        {answer && (
          <div className={old ? 'c-old' : ''} aria-busy={waiting}>
            {children(answer)}
          </div>
        )}
        {!answer && !error && <p className="f-empty">{valid ? t('Rendering…') : t('The manifests appear once the form is complete.')}</p>}
      </div>
      {footer && <footer>{footer}</footer>}
    </aside>
  );
}

export function Refusal({ error }) {
  return (
    <div className="f-refusal" role="alert">
      <p>{error.message}</p>
      {error.status === 401 && (
        <a className="btn sm" href="/sign-in" target="_blank" rel="noreferrer">
          {t('Sign in in another tab')}
        </a>
      )}
    </div>
  );
}
