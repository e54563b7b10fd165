/** What an operator may do, by buttons. Each is asked of the console with the token, and its answer is shown. */
import { byId, setText } from './format.js';

const KEY = 'tenure-token';

/** The token of the address; it is taken out of there, so that it is not copied or photographed along. */
export function takeToken() {
  const url = new URL(location.href);
  const given = url.searchParams.get('token');
  if (given !== null) {
    sessionStorage.setItem(KEY, given);
    url.searchParams.delete('token');
    history.replaceState(null, '', url);
  }
  return sessionStorage.getItem(KEY) ?? '';
}

export function say(text, bad = false) {
  const host = byId('said');
  host.toggleAttribute('data-bad', bad);
  setText(host, text);
}

export async function ask(token, action) {
  say('');
  try {
    const answer = await fetch('/actions', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(action),
    });
    const { said, error } = await answer.json();
    say(said === undefined ? error : `Done: ${said}.`, said === undefined);
  } catch {
    say('The console did not answer: nothing is known of what became of it.', true);
  }
}

/** Asks before a revoke, and whether it is proved dead. */
export function confirmRevoke({ holder, term }, then) {
  const dialog = byId('confirm');
  const dead = byId('dead');
  dead.checked = false;
  setText(byId('confirm-title'), `Revoke ${holder}, leader of term ${term}?`);
  dialog.returnValue = 'cancel';
  dialog.addEventListener(
    'close',
    () => {
      if (dialog.returnValue === 'revoke') then(dead.checked);
    },
    { once: true },
  );
  dialog.showModal();
}
