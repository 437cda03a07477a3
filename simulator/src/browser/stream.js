// Server-sent events over fetch, which can send the token that EventSource cannot, and requests to the control plane.

/** What a header can hold: a token is of visible ASCII characters. */
const isToken = (token) => /^[\x21-\x7e]+$/.test(token);

const headers = () => {
  const token = sessionStorage.getItem('token');
  return token && isToken(token) ? { authorization: `Bearer ${token}` } : {};
};

export const setToken = (token) => sessionStorage.setItem('token', token.trim());
export const hasToken = () => sessionStorage.getItem('token') !== null;

/**
 * Reads events until the page ends. `told` gets each; `state` hears 'live', 'waiting' and 'token'; what `state` returns for
 * 'token' is waited for.
 */
export async function follow(told, state) {
  let pause = 250;
  for (;;) {
    let again = 'waiting';
    try {
      const response = await fetch('/_inbox/events', { headers: headers(), cache: 'no-store' });
      if (response.status === 401) again = 'token';
      if (response.ok && response.body) {
        state('live');
        pause = 250;
        await read(response.body, told);
      }
    } catch {
      // The simulator stopped, or the network did.
    }
    await state(again);
    await new Promise((resolve) => { setTimeout(resolve, pause); });
    pause = Math.min(pause * 2, 5000);
  }
}

async function read(body, told) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = '';
  let isFirst = true;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    kept += value;
    const events = kept.split('\n\n');
    kept = events.pop();
    for (const event of events) {
      if (!event.startsWith('data: ')) continue;
      if (told(JSON.parse(event.slice(6)), isFirst) === 'again') return void await reader.cancel();
      isFirst = false;
    }
  }
}

/** Asks the control plane for a change. */
export async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { ...headers(), ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}
