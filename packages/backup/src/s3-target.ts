import { setTimeout as sleep } from 'node:timers/promises';
import { type Bytes, utf8Decode } from '@civitas/canon';
import { BackupFault } from './backup-fault.ts';
import { assertTargetName, type BackupTarget } from './backup-target.ts';
import { OBJECTS_MAX, S3_ATTEMPTS_MAX, S3_RETRY_FIRST_MS } from './limits.ts';
import type { S3Answer, S3Call, SendS3 } from './s3-request.ts';

export interface S3Place {
  /** `https://host[:port]`. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Segments joined by `/`, or ''. */
  readonly prefix: string;
  /** The bucket stands in the path instead of the host's name. */
  readonly forcePathStyle: boolean;
}

const FULL_STATUS = 507;

/** What S3 servers call their reasons (AWS S3 API reference, "Error responses"; two names are MinIO's and versitygw's own). */
function faultOf(status: number, reason: string, message: string): BackupFault {
  const options = { facts: { status, reason } };
  switch (reason) {
    case 'NoSuchBucket':
      return new BackupFault('TARGET_BUCKET', message, options);
    case 'InvalidAccessKeyId':
    case 'XAdminUserNotFound':
    case 'SignatureDoesNotMatch':
    case 'ExpiredToken':
    case 'InvalidToken':
      return new BackupFault('TARGET_CREDENTIALS', message, options);
    case 'RequestTimeTooSkewed':
      return new BackupFault('TARGET_CLOCK', message, options);
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
      return new BackupFault('TARGET_FULL', message, options);
    default:
      if (status === FULL_STATUS) return new BackupFault('TARGET_FULL', message, options);
      if (status === 401 || status === 403) return new BackupFault('TARGET_DENIED', message, options);
      return new BackupFault('TARGET_FAILED', message, options);
  }
}

function textOf(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
}

/** All contents of a tag; keys are asked for URL-encoded, so no entity stands in them. */
function textsOf(xml: string, tag: string): string[] {
  return [...xml.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map(([, text = '']) =>
    decodeURIComponent(text.replaceAll('+', ' ')),
  );
}

/** A bucket of an S3-compatible server, below a prefix. */
export class S3Target implements BackupTarget {
  readonly description: string;
  readonly #base: string;
  readonly #prefix: string;
  readonly #send: SendS3;
  readonly #pause: (ms: number) => Promise<unknown>;

  /** @param pause between two tries of a request. */
  constructor(place: S3Place, send: SendS3, pause: (ms: number) => Promise<unknown> = (ms) => sleep(ms)) {
    const { endpoint, bucket, prefix, forcePathStyle } = place;
    const url = new URL(endpoint);
    this.#base = forcePathStyle ? `${url.origin}/${bucket}` : `${url.protocol}//${bucket}.${url.host}`;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    if (prefix !== '') assertTargetName(prefix);
    this.description = `${url.origin}/${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.#send = send;
    this.#pause = pause;
  }

  #urlOf(name: string): string {
    assertTargetName(name);
    return `${this.#base}/${this.#prefix}${name}`;
  }

  async read(name: string): Promise<Bytes | undefined> {
    const answer = await this.#call(name, { method: 'GET', url: this.#urlOf(name) });
    return answer?.body;
  }

  async write(name: string, bytes: Bytes): Promise<void> {
    const answer = await this.#call(name, { method: 'PUT', url: this.#urlOf(name), body: bytes });
    if (answer === undefined) throw new BackupFault('TARGET_FAILED', `${this.description}: ${name}: not found while writing`);
  }

  async remove(name: string): Promise<void> {
    await this.#call(name, { method: 'DELETE', url: this.#urlOf(name) });
  }

  /** A put is whole or not there. */
  async sweep(): Promise<void> {}

  async list(folder: string): Promise<readonly string[]> {
    const below = folder === '' ? this.#prefix : `${this.#prefix}${folder}/`;
    const names: string[] = [];
    let token: string | undefined;
    do {
      const query = new URLSearchParams({ 'list-type': '2', 'encoding-type': 'url', prefix: below });
      if (token !== undefined) query.set('continuation-token', token);
      const answer = await this.#call(folder, { method: 'GET', url: `${this.#base}/?${query.toString()}` });
      const xml = utf8Decode(answer?.body ?? new Uint8Array(0)) ?? '';
      names.push(...textsOf(xml, 'Key').map((key) => key.slice(this.#prefix.length)));
      if (names.length > OBJECTS_MAX) throw new BackupFault('TARGET_FAILED', `${this.description}/${folder} has too many objects`);
      token = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : undefined;
    } while (token !== undefined);
    // Some servers show folders as objects of their own.
    return names.filter((name) => !name.endsWith('/')).sort();
  }

  /** Undefined for an object that is not there. */
  async #call(name: string, call: S3Call): Promise<S3Answer | undefined> {
    for (let attempt = 1; ; attempt++) {
      const result = await this.#once(name, call);
      if (!(result instanceof BackupFault)) return result;
      const isPassing = result.code === 'TARGET_UNREACHABLE' || result.code === 'TARGET_FAILED';
      if (!isPassing || attempt >= S3_ATTEMPTS_MAX) throw result;
      await this.#pause(S3_RETRY_FIRST_MS * 2 ** (attempt - 1));
    }
  }

  async #once(name: string, call: S3Call): Promise<S3Answer | undefined | BackupFault> {
    let answer: S3Answer;
    try {
      answer = await this.#send(call);
    } catch (cause) {
      return new BackupFault('TARGET_UNREACHABLE', `${this.description}: ${String(cause)}`, { cause });
    }
    const { status } = answer;
    if (status >= 200 && status < 300) return answer;
    const xml = utf8Decode(answer.body) ?? '';
    const reason = textOf(xml, 'Code') ?? '';
    // Any other 404, also one without a reason, is a server or proxy that does not know the place, not a missing object.
    if (status === 404 && reason === 'NoSuchKey') return undefined;
    const said = `${status} ${reason} ${textOf(xml, 'Message') ?? ''}`.trim();
    return faultOf(status, reason, `${this.description}: ${name}: ${said}`);
  }
}
