// Inside a network namespace: carries connections from unix sockets, which belong to no network, to ports of the namespace.
import { connect, createServer } from 'node:net';

// Arguments: unix socket, host, port; and again.
const places = process.argv.slice(2);
for (let at = 0; at + 2 < places.length; at += 3) {
  const [socketPath = '', host = '', port = ''] = places.slice(at, at + 3);
  createServer((near) => {
    const far = connect(Number(port), host);
    for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((end) => end.destroy()));
    near.pipe(far).pipe(near);
  }).listen(socketPath);
}
