// An answer that follows what is typed: asked once typing pauses, and only the newest one counts.
import { useEffect, useRef, useState } from 'react';

const PAUSE = 250;

/** `{answer, error, waiting}` of `ask(input, signal)`; the last answer stays until there is a newer one. Nothing is asked while `input` is null. */
export function useLive(ask, input, pause = PAUSE) {
  const [state, setState] = useState({ answer: null, error: null, waiting: false });
  const asking = useRef(ask);
  asking.current = ask;
  const key = input === null ? null : JSON.stringify(input);
  useEffect(() => {
    if (key === null) {
      setState((before) => ({ ...before, waiting: false }));
      return undefined;
    }
    const stop = new AbortController();
    setState((before) => ({ ...before, waiting: true }));
    const timer = setTimeout(async () => {
      try {
        const answer = await asking.current(JSON.parse(key), stop.signal);
        if (!stop.signal.aborted) setState({ answer, error: null, waiting: false });
      } catch (error) {
        if (!stop.signal.aborted) setState((before) => ({ ...before, error, waiting: false }));
      }
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key, pause]);
  return state;
}
