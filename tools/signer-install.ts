/** `npm run signer:install`: builds tmkms, the remote signer that tests prove the option with, into the user's cache. Needs Rust. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findSigner, SIGNER_VERSION, signerFolder } from './engine/signer-tool.ts';

const folder = signerFolder();
if (findSigner(folder) === undefined) {
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}.building-`);
  try {
    // Its own lock file, checked by checksum; the software signer alone, no hardware libraries.
    const args = ['install', 'tmkms', '--version', SIGNER_VERSION, '--locked', '--features=softsign', '--root', building];
    execFileSync('cargo', args, { stdio: 'inherit' });
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
  } catch (error) {
    process.stderr.write(`signer:install: ${String(error)}; it needs cargo (Rust) on the PATH\n`);
    process.exitCode = 1;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}
if (process.exitCode !== 1) process.stdout.write(`tmkms ${SIGNER_VERSION} is in ${join(folder, 'bin')}\n`);
