// A release's form tried out: its manifests as one types, for no cluster. Nothing is saved.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Manifests } from './Changes.jsx';
import { same } from './data.js';
import { Fields, isRight } from './Fields.jsx';
import { call } from './http.js';
import { Live, Refusal } from './Live.jsx';
import { useLive } from './live.js';

const NOTHING = {};

export function TryPage({ given }) {
  const { urls, release } = given;
  const [start, setStart] = useState(null);
  const [refused, setRefused] = useState(null);
  const [config, setConfig] = useState(NOTHING);
  const [output, setOutput] = useState(NOTHING);
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

  const startOver = () => {
    setConfig(NOTHING);
    setOutput(NOTHING);
    setRound((before) => before + 1);
  };

  if (!start) return refused ? <Refusal error={refused} /> : <p className="muted">The form is being drawn…</p>;
  return (
    <div className="c-page">
      <div className="c-form">
        <Part key={`form-${round}`} schema={start.schema} ui={start.ui} errors={valid ? pointed(told.error) : null} onChange={setConfig} />
        {start.output && (
          <>
            <div className="c-between">
              <h2>What CI posts</h2>
              <p className="muted">No part of the form: a cluster gets it from its pipeline. Fill it in to see it in the manifests.</p>
            </div>
            <Part key={`output-${round}`} schema={start.output} ui={NOTHING} idPrefix="output" onChange={setOutput} />
          </>
        )}
        <div className="f-foot">
          <span>Tried out only: nothing is saved.</span>
          <a className="f-jump" href="#live">
            Its manifests
          </a>
          <div className="right">
            <button type="button" className="btn" disabled={same(config, NOTHING) && same(output, NOTHING)} onClick={startOver}>
              Start over
            </button>
          </div>
        </div>
      </div>
      <div className="c-beside">
        <Live title="Its manifests" told={told} valid={valid} footer={`${release}, as a cluster named preview`}>
          {(answer) => <Manifests manifests={answer.manifests} />}
        </Live>
      </div>
    </div>
  );
}

/** A form that begins empty; `onChange` is told what would be sent. */
function Part({ schema, ui, errors, idPrefix, onChange }) {
  const [data, setData] = useState(NOTHING);
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

/** Errors that name fields of the form, else null. */
function pointed(error) {
  const { file, errors } = error?.details ?? {};
  return errors && file === 'application.yaml' ? errors : null;
}
