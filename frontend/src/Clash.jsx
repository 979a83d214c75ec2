// Somebody else saved first: both edits side by side, nothing lost.
import { useState } from 'react';
import { Refusal } from './Live.jsx';
import { short } from './data.js';
import { t, when } from './words.js';

const bare = (key) => key.replace(/^application\.yaml: [^.]+\./, '');

/**
 * `merged` is the server's answer: what both did, and where they touch the same keys. `onYield(keys)` asks anew with the keys that give way to the
 * other person's; `onTake()` goes on with the result, `onTheirs()` drops what was typed.
 */
export function Clash({ merged, yielding, busy, error, why, onYield, onTake, onTheirs }) {
  const [sure, setSure] = useState(false);
  const clashing = new Set(merged.clashes.map((clash) => clash.key));
  const pick = (key, theirs) => onYield(theirs ? [...yielding, key] : yielding.filter((other) => other !== key));
  return (
    <section className="f-card c-clash" aria-labelledby="clash-title">
      <div className="f-head">
        <h2 id="clash-title">{why}</h2>
        <p>{t('Nothing is lost: your changes are put on top of theirs. Look at both, then go on with the form.')}</p>
      </div>
      <div className="f-body">
        <ul className="c-saves">
          {merged.saves.map((save) => (
            <li key={save.sha}>
              <b>{save.by}</b> {save.title} <span className="faint">{when(save.at)}</span> <code>{save.sha.slice(0, 8)}</code>
            </li>
          ))}
        </ul>
        <div className="c-both">
          <Side title={t('They changed')} keys={merged.theirs} clashing={clashing} empty={t('nothing that is still different')} />
          <Side title={t('You changed')} keys={merged.mine} clashing={clashing} empty={t('nothing')} />
        </div>
        {merged.clashes.length > 0 && (
          <fieldset className="f-group" disabled={busy}>
            <legend className="f-label">{t('Both of you changed: whose value stays?')}</legend>
            {merged.clashes.map((clash) => (
              <ClashRow key={clash.key} clash={clash} theirsWin={yielding.includes(clash.key)} onPick={(theirs) => pick(clash.key, theirs)} />
            ))}
          </fieldset>
        )}
        {error && <Refusal error={error} />}
        <div className="c-buttons">
          <button type="button" className="btn primary" disabled={busy} onClick={onTake}>
            {t('Go on with both')}
          </button>
          <button type="button" className={sure ? 'btn danger' : 'btn'} disabled={busy} onClick={() => (sure ? onTheirs() : setSure(true))}>
            {sure ? t('Really drop what I typed') : t('Take theirs, drop mine')}
          </button>
        </div>
      </div>
    </section>
  );
}

function Side({ title, keys, clashing, empty }) {
  return (
    <div>
      <h3>{title}</h3>
      {keys.length === 0 ? <p className="muted">{empty}</p> : null}
      <ul>
        {keys.map((key) => (
          <li key={key} className={clashing.has(key) ? 'clashing' : ''}>
            <code>{bare(key)}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ClashRow({ clash, theirsWin, onPick }) {
  return (
    <div className="c-clashrow" role="radiogroup" aria-label={bare(clash.key)}>
      <code>{bare(clash.key)}</code>
      {[
        ['mine', t('Yours'), clash.mine, false],
        ['theirs', t('Theirs'), clash.theirs, true],
      ].map(([id, label, value, wins]) => (
        <label className="f-opt" key={id}>
          <input type="radio" checked={theirsWin === wins} onChange={() => onPick(wins)} />
          <b>{label}</b>
          <code>{short(value)}</code>
        </label>
      ))}
    </div>
  );
}
