// keycloak-js asks "<client> <session>" and is told whether that session is still the browser's.
async function answerOf(event) {
  if (event.origin !== location.origin || typeof event.data !== 'string') return;
  const [client = '', session = ''] = event.data.split(' ');
  const query = new URLSearchParams({ client_id: client, session_state: session });
  let answer = 'error';
  try {
    const { status } = await fetch(`login-status-iframe.html/init?${query}`, { credentials: 'same-origin' });
    answer = { 204: 'unchanged', 403: 'changed' }[status] ?? 'error';
  } catch {
    // The network: keycloak-js asks again.
  }
  event.source.postMessage(answer, event.origin);
}

addEventListener('message', (event) => void answerOf(event));
