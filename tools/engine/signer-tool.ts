import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Remote signer that the option is proven with; networks do not need it. */
export const SIGNER_VERSION = '0.15.0';

/** Where `npm run signer:install` keeps it. */
export function signerFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'civitas', `tmkms-${SIGNER_VERSION}`);
}

/** Path of tmkms; undefined when it is not built. */
export function findSigner(folder: string = signerFolder()): string | undefined {
  const path = join(folder, 'bin', 'tmkms');
  return existsSync(path) ? path : undefined;
}
