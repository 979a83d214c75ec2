// Calls of the page's own endpoints, by the session.
import { t } from './words.js';

/** An answer that says no: `code`, `message` and `details` as the server gives them. */
export class Refused extends Error {
  constructor(status, { code, message, details }) {
    super(message);
    Object.assign(this, { status, code, details: details ?? {} });
  }
}

/** Read from the cookie at each call: signing in anew in another tab changes it. */
const csrf = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? '';

export async function call(method, url, { body, revision, signal } = {}) {
  const headers = { Accept: 'application/json', 'X-CSRFToken': csrf(), ...(body && { 'Content-Type': 'application/json' }), ...(revision && { 'If-Match': `"${revision}"` }) };
  const answer = await reach(url, { method, headers, body: body && JSON.stringify(body), signal });
  const said = await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  throw new Refused(answer.status, said ?? unreadable(answer.status));
}

async function reach(url, given) {
  try {
    return await fetch(url, { credentials: 'same-origin', redirect: 'error', ...given });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refused(0, { code: 'unreachable', message: t('The server cannot be reached. What you typed is kept here: try again.') });
  }
}

function unreadable(status) {
  if (status === 403) return { code: 'session', message: t('The page is too old for this session: sign in in another tab, then try again here.') };
  return { code: 'bug', message: t('The server answered with {status} and no reason. What you typed is kept here.', { status }) };
}
