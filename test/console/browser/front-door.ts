import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** An address that leads to another one, as a reverse proxy of the city's people would. */
export interface FrontDoor {
  /** Origin that browsers see; of the same site as everything else on its host. */
  readonly url: string;
  /** From here on whoever knocks is let through to `origin`; nobody is before. */
  leadTo(origin: string): void;
  close(): Promise<void>;
}

export async function openFrontDoor(): Promise<FrontDoor> {
  let target: URL | undefined;
  const open = new Set<Socket>();
  const server = createServer((inside) => {
    if (target === undefined) {
      inside.destroy();
      return;
    }
    const outside = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    leadTo(origin) {
      target = new URL(origin);
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
