import { createHash } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { Bytes } from '@civitas/canon';
import { AwsV4Signer } from 'aws4fetch';
import { S3_ANSWER_BYTES_MAX, S3_REQUEST_MS } from './limits.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Call {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly body?: Bytes;
}

export interface S3Answer {
  readonly status: number;
  readonly body: Bytes;
}

/** Sends one signed request; rejects when the network fails, when the answer is too large or comes too late. */
export type SendS3 = (call: S3Call) => Promise<S3Answer>;

export interface S3Sender {
  readonly send: SendS3;
  readonly close: () => void;
}

/**
 * Requests under AWS Signature Version 4. The signature covers the SHA-256 of the body, so a server refuses a body that was cut or changed on
 * its way.
 *
 * @param authority PEM of the authorities to trust instead of the system's.
 */
export function createS3Sender(options: {
  readonly credentials: S3Credentials;
  readonly region: string;
  readonly authority?: string | undefined;
  readonly requestMs?: number;
}): S3Sender {
  const { credentials, region, authority, requestMs = S3_REQUEST_MS } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ...(authority === undefined ? {} : { ca: authority }) });
  const send: SendS3 = async ({ method, url, body }) => {
    const hash = createHash('sha256')
      .update(body ?? new Uint8Array(0))
      .digest('hex');
    const signer = new AwsV4Signer({ ...credentials, service: 's3', region, method, url, headers: { 'X-Amz-Content-Sha256': hash } });
    const signed = await signer.sign();
    const headers: Record<string, string> = Object.fromEntries(signed.headers);
    if (body !== undefined) headers['content-length'] = String(body.length);
    return exchange(signed.url, { method, headers, agent, signal: AbortSignal.timeout(requestMs) }, body);
  };
  return { send, close: () => agent.destroy() };
}

interface Exchange {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

function exchange(url: URL, options: Exchange, body: Bytes | undefined): Promise<S3Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const parts: Buffer[] = [];
      let byteCount = 0;
      response.on('data', (part: Buffer) => {
        byteCount += part.length;
        parts.push(part);
        if (byteCount > S3_ANSWER_BYTES_MAX) sent.destroy(new Error(`the answer has more than ${S3_ANSWER_BYTES_MAX} bytes`));
      });
      response.on('end', () => {
        // A body that ends before its announced length is a broken connection, not an object.
        if (!response.complete) return reject(new Error('the answer was cut'));
        resolve({ status: response.statusCode ?? 0, body: new Uint8Array(Buffer.concat(parts)) });
      });
      response.on('error', reject);
      response.on('aborted', () => reject(new Error('the answer was cut')));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
