// The yardstick beside the console: a process that answers each request with 2 KiB of JSON and does nothing for it. Prints its port.
import { createServer } from 'node:http';

const body = JSON.stringify({ items: Array.from({ length: 20 }, (_, index) => ({ name: `network-${index}`, text: 'x'.repeat(70) })) });
const server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(body));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : 0}\n`);
});
