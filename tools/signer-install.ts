/** `npm run signer:install`: builds tmkms, the remote signer that tests prove the option with, into the user's cache. Needs Rust. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findSigner, SIGNER_VERSION, signerFolder } from './engine/signer-tool.ts';

/** A rustup proxy looks for its toolchains below HOME; where the PATH names another home's, those are meant. */
function rustupHome(): string | undefined {
  if (process.env['RUSTUP_HOME'] !== undefined || existsSync(join(homedir(), '.rustup', 'toolchains'))) return undefined;
  const cargo = (process.env['PATH'] ?? '').split(delimiter).find((place) => existsSync(join(place, 'cargo')));
  const home = join(cargo ?? '', '..', '..', '.rustup');
  return existsSync(home) ? home : undefined;
}

const folder = signerFolder();
if (findSigner(folder) === undefined) {
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}.building-`);
  try {
    // Its own lock file, checked by checksum; the software signer alone, no hardware libraries.
    const args = ['install', 'tmkms', '--version', SIGNER_VERSION, '--locked', '--features=softsign', '--root', building];
    const toolchains = rustupHome();
    const env = toolchains === undefined ? process.env : { ...process.env, RUSTUP_HOME: toolchains };
    execFileSync('cargo', args, { stdio: 'inherit', env });
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
