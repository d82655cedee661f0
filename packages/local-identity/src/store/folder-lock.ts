import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { LocalIdentityFault } from '../codes.ts';

/**
 * Takes a folder for this process until the returned function is called or the process ends, however it ends: the lock is a socket in
 * Linux's abstract name space, which the kernel frees.
 *
 * @throws LocalIdentityFault IDENTITY_FOLDER_TAKEN when another process, or another part of this one, has it.
 */
export function lockFolder(folder: string): Promise<() => Promise<void>> {
  const name = `\0civitas-local-identity-${createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)}`;
  const holder = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    holder.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE';
      reject(isTaken ? new LocalIdentityFault('IDENTITY_FOLDER_TAKEN', `another process holds ${folder}`, { cause }) : cause);
    });
    holder.listen(name, () => {
      holder.unref();
      resolve(() => new Promise((done) => holder.close(() => done())));
    });
  });
}
