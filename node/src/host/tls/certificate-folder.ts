import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { experimental } from '@grpc/grpc-js';
import { type CertificateFiles, type CertificateSet, checkCertificateFiles } from './certificate-set.ts';
import { CERTIFICATE_POLL_MS } from './limits.ts';

/** What grpc-js asks a source of certificates for. */
export type CertificateProvider = experimental.CertificateProvider;

export interface CertificateFolder {
  readonly provider: CertificateProvider;
  current(): CertificateSet;
  /** Looks at the folder now rather than at the next poll. */
  reload(): Promise<void>;
  close(): void;
}

export interface CertificateFolderOptions {
  readonly folder: string;
  readonly nowUnixMs: () => number;
  /** Told of each set that was taken or turned down, with the reason's code. */
  readonly onChange: (outcome: { accepted: CertificateSet } | { rejected: string }) => void;
}

/**
 * All three files out of one generation: kubelet swaps a link, which is resolved once and then read through. The folder of a Secret
 * holds the link as `..data`; a folder inside a projected volume is such a link itself.
 */
async function readGeneration(folder: string): Promise<CertificateFiles> {
  const generation = await realpath(join(folder, '..data')).catch(() => realpath(folder));
  const [certificate, privateKey, authorities] = await Promise.all([
    readFile(join(generation, 'tls.crt')),
    readFile(join(generation, 'tls.key')),
    readFile(join(generation, 'ca.crt')),
  ]);
  return { certificate, privateKey, authorities };
}

function fingerprintOf(files: CertificateFiles): string {
  return Buffer.concat([files.certificate, files.privateKey, files.authorities]).toString('base64');
}

class ValidatedCertificates implements CertificateProvider {
  readonly #authorityListeners = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  #set: CertificateSet;

  constructor(set: CertificateSet) {
    this.#set = set;
  }

  get set(): CertificateSet {
    return this.#set;
  }

  publish(set: CertificateSet): void {
    this.#set = set;
    for (const listener of this.#authorityListeners) listener({ caCertificate: set.authorities });
    for (const listener of this.#identityListeners) listener({ certificate: set.certificate, privateKey: set.privateKey });
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#authorityListeners.add(listener);
    // grpc-js does not expect to be answered from within the call.
    process.nextTick(listener, { caCertificate: this.#set.authorities });
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#authorityListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(listener, { certificate: this.#set.certificate, privateKey: this.#set.privateKey });
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.delete(listener);
  }
}

/**
 * Follows a folder with `tls.crt`, `tls.key` and `ca.crt`; the last good set stays in use for as long as what is there is broken.
 *
 * @throws when the first set is missing or broken: without an identity a process of ours has nothing to say.
 */
export async function openCertificateFolder({ folder, nowUnixMs, onChange }: CertificateFolderOptions): Promise<CertificateFolder> {
  const files = await readGeneration(folder);
  const first = checkCertificateFiles(files, nowUnixMs());
  if (!first.ok) throw new Error(`certificates in ${folder}: ${first.refusal.code} ${JSON.stringify(first.refusal.facts)}`);
  const certificates = new ValidatedCertificates(first.value);
  let seen = fingerprintOf(files);
  onChange({ accepted: first.value });

  async function reload(): Promise<void> {
    const read = await readGeneration(folder).catch(() => undefined);
    if (read === undefined) return;
    const fingerprint = fingerprintOf(read);
    if (fingerprint === seen) return;
    seen = fingerprint;
    const checked = checkCertificateFiles(read, nowUnixMs());
    if (!checked.ok) return onChange({ rejected: checked.refusal.code });
    certificates.publish(checked.value);
    onChange({ accepted: checked.value });
  }

  const timer = setInterval(() => void reload(), CERTIFICATE_POLL_MS);
  timer.unref();
  return { provider: certificates, current: () => certificates.set, reload, close: () => clearInterval(timer) };
}
