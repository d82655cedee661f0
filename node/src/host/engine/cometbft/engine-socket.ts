import { join, relative } from 'node:path';
import { SOCKET_PATH_BYTES_MAX } from './limits.ts';

/** Names below the engine's home; CometBFT's own working folder is the home, so it gets them relative. */
export const APP_SOCKET = 'app.sock';
export const RPC_SOCKET = 'rpc.sock';
/** Where CometBFT listens for a remote signer. */
export const SIGNER_SOCKET = 'signer.sock';

/**
 * Path by which this process reaches a socket of the engine's home: absolute, or relative to `workingFolder` where only that fits.
 *
 * @throws Error when both are longer than a socket's path may be.
 */
export function socketPath(engineHome: string, name: string, workingFolder: string): string {
  const absolute = join(engineHome, name);
  if (Buffer.byteLength(absolute) <= SOCKET_PATH_BYTES_MAX) return absolute;
  const fromHere = relative(workingFolder, absolute);
  if (Buffer.byteLength(fromHere) <= SOCKET_PATH_BYTES_MAX) return fromHere;
  throw new Error(
    `${absolute} is ${Buffer.byteLength(absolute)} bytes and ${Buffer.byteLength(fromHere)} from here; a socket's path has at most ${SOCKET_PATH_BYTES_MAX}: move the data folder up`,
  );
}
