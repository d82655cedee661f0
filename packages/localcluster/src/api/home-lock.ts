import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';

/** The home is in use by another process. */
export class HomeTakenError extends Error {
  readonly code = 'HOME_TAKEN';
  constructor(home: string) {
    super(`another API server runs on ${home}: stop it, or name another home`);
    this.name = 'HomeTakenError';
  }
}

/**
 * Takes a home for this process until the returned function is called or the process ends, however it ends: the lock is a socket in
 * Linux's abstract name space, which the kernel frees.
 *
 * @throws HomeTakenError when another process has it.
 */
export function lockHome(home: string): Promise<() => Promise<void>> {
  const name = `\0civitas-localcluster-${createHash('sha256').update(realpathSync(home)).digest('hex').slice(0, 32)}`;
  const holder = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    holder.once('error', (cause: NodeJS.ErrnoException) => reject(cause.code === 'EADDRINUSE' ? new HomeTakenError(home) : cause));
    holder.listen(name, () => {
      holder.unref();
      resolve(() => new Promise((done) => holder.close(() => done())));
    });
  });
}
