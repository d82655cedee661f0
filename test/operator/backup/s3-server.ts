import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { waitFor } from '@civitas/testkit';
import { findS3Tool } from '../../../tools/s3/s3-tool.ts';

export const ACCESS = { accessKeyId: 'civitas-access', secretAccessKey: 'civitas-secret-key' } as const;

export interface S3Server {
  readonly endpoint: string;
  /** Folder whose subfolders are its buckets: objects are files. */
  readonly root: string;
  stop(): Promise<void>;
}

export interface S3ServerOptions {
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  readonly certificate: { readonly certificate: Buffer; readonly privateKey: Buffer };
}

function isListening(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.once('connect', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
}

/** versitygw over files, with TLS, on a loopback address. @throws when `npm run s3:install` has not run. */
export async function startS3Server({ folder, address, port, certificate }: S3ServerOptions): Promise<S3Server> {
  const tool = findS3Tool();
  if (tool === undefined) throw new Error('no versitygw; npm run s3:install');
  const root = join(folder, 'buckets');
  mkdirSync(root, { recursive: true });
  const [cert, key] = [join(folder, 's3.crt'), join(folder, 's3.key')];
  writeFileSync(cert, certificate.certificate);
  writeFileSync(key, certificate.privateKey);
  const args = [
    '--access',
    ACCESS.accessKeyId,
    '--secret',
    ACCESS.secretAccessKey,
    '--port',
    `${address}:${port}`,
    '--cert',
    cert,
    '--key',
    key,
  ];
  const child: ChildProcess = spawn(tool.path('versitygw'), [...args, '--quiet', 'posix', '--sidecar', mkdirOf(folder), root], {
    stdio: 'ignore',
  });
  await waitFor('S3 server that listens', () => isListening(address, port));
  return {
    endpoint: `https://localhost:${port}`,
    root,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function mkdirOf(folder: string): string {
  const path = join(folder, 'sidecar');
  mkdirSync(path, { recursive: true });
  return path;
}
