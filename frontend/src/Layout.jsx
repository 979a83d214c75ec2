// What all pages of the form share: the form with its buttons below, beside it what it leads to; a draft that was found.
import { Fragment } from 'react';
import { t, when } from './words.js';

/** `says` is the state in words, `jump` names what stands beside the form, where a narrow screen has it far below; `buttons` are what one may do. */
export function Layout({ says, jump, buttons, beside, children }) {
  return (
    <div className="c-page">
      <div className="c-form">
        {children}
        {buttons && (
          <div className="f-foot">
            <span role="status">{says}</span>
            <a className="f-jump" href="#live">
              {jump}
            </a>
            <div className="right">{buttons}</div>
          </div>
        )}
      </div>
      <div className="c-beside">{beside}</div>
    </div>
  );
}

export function Banner({ tone = '', role = 'status', children, buttons, onClose }) {
  return (
    <div className={`banner ${tone}`} role={role}>
      <span>{children}</span>
      <span className="right">
        {buttons}
        <button type="button" className="btn ghost sm" onClick={onClose}>
          {t('Close')}
        </button>
      </span>
    </div>
  );
}

export function DraftFound({ at, onDrop, onClose }) {
  const drop = (
    <button type="button" className="btn sm" onClick={onDrop}>
      {t('Drop the draft')}
    </button>
  );
  return (
    <Banner buttons={drop} onClose={onClose}>
      {t('This is your draft of {when}, kept in this browser only.', { when: when(at) })}
    </Banner>
  );
}

/** A sentence that has elements in it. */
export const Said = ({ pieces }) => pieces.map((piece, place) => <Fragment key={place}>{piece}</Fragment>);
