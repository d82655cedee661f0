import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Collector {
  readonly endpoint: string;
  /** Bytes that came so far. */
  readonly byteCount: () => number;
  close(): Promise<void>;
}

/** Takes what comes and looks at none of it, so that it costs this machine little; a silent one takes connections and never answers. */
export async function startCollector(isSilent: boolean): Promise<Collector> {
  let byteCount = 0;
  const server = createServer((request, response) => {
    request.on('data', (part: Buffer) => {
      byteCount += part.length;
    });
    if (!isSilent) request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    byteCount: () => byteCount,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
