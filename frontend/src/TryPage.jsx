// A release's form tried out: its manifests as one types, for no cluster. Nothing is saved.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Manifests } from './Changes.jsx';
import { inForm, same } from './data.js';
import * as drafts from './draft.js';
import { Fields, isRight } from './Fields.jsx';
import { call } from './http.js';
import { DraftFound, Layout } from './Layout.jsx';
import { Live, Refusal } from './Live.jsx';
import { useLive } from './live.js';
import { t } from './words.js';

const NOTHING = {};
const TRIED = 'tried';

export function TryPage({ given }) {
  const { urls, thing, release } = given;
  const draft = useMemo(() => drafts.find(thing), [thing]);
  const [restored, setRestored] = useState(draft?.at ?? null);
  const [start, setStart] = useState(null);
  const [refused, setRefused] = useState(null);
  const [config, setConfig] = useState(draft?.data.config ?? NOTHING);
  const [output, setOutput] = useState(draft?.data.output ?? NOTHING);
  const [round, setRound] = useState(0);

  useEffect(() => {
    const stop = new AbortController();
    call('GET', urls.start, { signal: stop.signal }).then(setStart, (error) => error.name !== 'AbortError' && setRefused(error));
    return () => stop.abort();
  }, [urls.start]);

  const valid = useMemo(() => start !== null && isRight(start.schema, config), [start, config]);
  // Before CI has posted there is no output: what is not complete yet is left out, as on a new cluster.
  const posted = useMemo(() => (start?.output && isRight(start.output, output) ? output : NOTHING), [start, output]);
  const ask = useCallback((input, signal) => call('POST', urls.preview, { body: input, signal }), [urls.preview]);
  const told = useLive(ask, valid ? { config, output: posted } : null);

  const typed = !same(config, NOTHING) || !same(output, NOTHING);
  useEffect(() => {
    if (typed) drafts.keep(thing, TRIED, { config, output });
    else drafts.forget(thing);
  }, [config, output, thing, typed]);

  const startOver = () => {
    setRestored(null);
    setConfig(NOTHING);
    setOutput(NOTHING);
    setRound((before) => before + 1);
  };

  if (!start) return refused ? <Refusal error={refused} /> : <p className="muted">{t('The form is being drawn…')}</p>;
  return (
    <Layout
      says={t('Tried out only: nothing is saved.')}
      jump={t('Its manifests')}
      buttons={
        <button type="button" className="btn" disabled={!typed} onClick={startOver}>
          {t('Start over')}
        </button>
      }
      beside={
        <Live title={t('Its manifests')} told={told} valid={valid} footer={t('{release}, as a cluster named preview', { release })}>
          {(answer) => <Manifests manifests={answer.manifests} />}
        </Live>
      }
    >
      {restored && <DraftFound at={restored} onDrop={startOver} onClose={() => setRestored(null)} />}
      <Part key={`form-${round}`} schema={start.schema} ui={start.ui} begins={config} errors={valid ? inForm(told.error) : null} onChange={setConfig} />
      {start.output && (
        <>
          <div className="c-between">
            <h2>{t('What CI posts')}</h2>
            <p className="muted">{t('No part of the form: a cluster gets it from its pipeline. Fill it in to see it in the manifests.')}</p>
          </div>
          <Part key={`output-${round}`} schema={start.output} ui={NOTHING} begins={output} idPrefix="output" onChange={setOutput} />
        </>
      )}
    </Layout>
  );
}

/** A form for what is not there yet; `onChange` is told what would be sent. */
function Part({ schema, ui, begins, errors, idPrefix, onChange }) {
  const [data, setData] = useState(begins);
  return (
    <Fields
      schema={schema}
      ui={ui}
      idPrefix={idPrefix}
      data={data}
      first={NOTHING}
      errors={errors}
      onChange={(typed, clean) => {
        setData(typed);
        onChange(clean);
      }}
    />
  );
}
