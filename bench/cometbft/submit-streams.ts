import type { PeerIdentity } from '@civitas/deployment';
import { LedgerServiceClient, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { Metadata } from '@grpc/grpc-js';
import { openCertificateFolder } from '../../node/src/host/tls/certificate-folder.ts';
import { channelCredentials } from '../../node/src/host/tls/credentials.ts';
import type { LoadSetup } from './load-messages.ts';
import type { PreparedMessage } from './operations.ts';

const METHOD = '/civitas.node.v1.LedgerService/SubmitStream';
const SUCCEEDED = Buffer.from('"ok":true');

/** What became of one operation: '' when it succeeded, else the code. */
export type OnAnswer = (stream: number, sequence: number, code: string) => void;

export interface SubmitStreams {
  readonly count: number;
  /** Sends now or as soon as the node's credits allow. */
  send(stream: number, message: PreparedMessage): void;
  /** Gives up what waits for credits. @returns how many operations it was. */
  drop(): number;
  onAnswer: OnAnswer;
  close(): void;
}

function codeOf({ answer }: SubmitStreamResponse): string {
  if (answer?.$case === 'refused') return answer.value.code;
  if (answer?.$case !== 'receipt') return 'NO_ANSWER';
  return Buffer.from(answer.value.buffer, answer.value.byteOffset, answer.value.length).includes(SUCCEEDED) ? '' : 'REFUSED_IN_BLOCK';
}

/** One submit stream a node, fed with bytes that were encoded beforehand; resolves once each node has granted credits. */
export async function openSubmitStreams({ identity, addresses, tlsFolder }: LoadSetup, port: number): Promise<SubmitStreams> {
  const opened = await openCertificateFolder({ folder: tlsFolder, nowUnixMs: Date.now, onChange: () => undefined });
  const isNode = (peer: PeerIdentity): boolean => peer.network === identity.chainId && peer.kind === 'node';
  const clients = addresses.map(
    (address) =>
      new LedgerServiceClient(`${address}:${port}`, channelCredentials(opened.provider, isNode), {
        'grpc.ssl_target_name_override': identity.chainId,
        'grpc.use_local_subchannel_pool': 1,
      }),
  );
  let isClosing = false;
  const streams: SubmitStreams = {
    count: clients.length,
    send: (stream, message) => {
      queues[stream]?.push(message);
      pump(stream);
    },
    drop: () => queues.flatMap((queue) => queue.splice(0)).reduce((sum, { count }) => sum + count, 0),
    onAnswer: () => undefined,
    close: () => {
      isClosing = true;
      for (const client of clients) client.close();
      opened.close();
    },
  };
  const queues: PreparedMessage[][] = clients.map(() => []);
  const credits = clients.map(() => 0);
  const together = new Metadata();
  together.set('civitas-answers', 'together');
  const calls = clients.map((client) =>
    client.makeBidiStreamRequest(METHOD, (bytes: Buffer) => bytes, SubmitStreamResponse.decode, together),
  );
  const pump = (stream: number): void => {
    const queue = queues[stream] ?? [];
    for (let next = queue[0]; next !== undefined && next.count <= (credits[stream] ?? 0); next = queue[0]) {
      queue.shift();
      credits[stream] = (credits[stream] ?? 0) - next.count;
      calls[stream]?.write(next.bytes);
    }
  };
  await Promise.all(
    calls.map(
      (call, stream) =>
        new Promise<void>((resolve, reject) => {
          call.on('error', (error) => {
            if (isClosing) return;
            reject(error);
            throw error;
          });
          call.on('data', (response: SubmitStreamResponse) => {
            for (const one of [response, ...response.more]) {
              credits[stream] = (credits[stream] ?? 0) + one.credits;
              if (one.tag === 0n) resolve();
              else streams.onAnswer(stream, Number(one.tag), codeOf(one));
            }
            pump(stream);
          });
        }),
    ),
  );
  return streams;
}
