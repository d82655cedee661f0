// Carries TCP connections between a port and a unix socket: the two ends of a door into a network namespace.
import { connect, createServer } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { listen: { type: 'string' }, 'listen-unix': { type: 'string' }, to: { type: 'string' }, 'to-unix': { type: 'string' } },
});

function placeOf(address: string | undefined, path: string | undefined): { path: string } | { host: string; port: number } {
  if (path !== undefined) return { path };
  const [host = '127.0.0.1', port = '0'] = (address ?? '').split(':');
  return { host, port: Number(port) };
}

const to = placeOf(values.to, values['to-unix']);
createServer((near) => {
  const far = connect(to);
  for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((end) => end.destroy()));
  near.pipe(far).pipe(near);
}).listen(placeOf(values.listen, values['listen-unix']));
