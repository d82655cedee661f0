import { generateKeyPairSync } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

export const PROFILE_FILES = {
  operationKey: 'operation.key',
  approverKey: 'approver.key',
  tlsKey: 'tls.key',
  csr: 'tls.csr',
  indexKey: 'index.key',
  citizenKeys: 'citizens',
  networks: 'networks',
} as const;

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', FILE_MODE);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function temporaryOf(path: string): string {
  return `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
}

/** Replaces a file by rename, so that a reader sees the old or the new one, mode 0600. */
export function replaceFile(path: string, text: string): void {
  const temporary = temporaryOf(path);
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  writeDurably(temporary, text);
  renameSync(temporary, path);
}

/** Reads a file, or makes it once: of two processes that make it at one time, both read the first one's. */
export function readOrCreate(path: string, create: () => string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const temporary = temporaryOf(path);
  writeDurably(temporary, create());
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(temporary);
  }
  return readFileSync(path, 'utf8');
}

/** `<home>/profiles/<agency>`. */
export function profileFolder(home: string, agency: string): string {
  return join(home, 'profiles', agency);
}

/** A fresh Ed25519 key as PKCS#8 PEM. */
export function newEd25519Pem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
