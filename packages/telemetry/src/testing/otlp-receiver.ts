import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly resource: Readonly<Record<string, unknown>>;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes' | 'resource' | 'links'> & {
        readonly attributes: readonly OtlpAttribute[];
        readonly links?: ReceivedSpan['links'];
      })[];
    }[];
  }[];
}

const plain = (attributes: readonly OtlpAttribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

function spansOf(body: OtlpBody): ReceivedSpan[] {
  return body.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, links: span.links ?? [], attributes: plain(span.attributes), resource: plain(resource.attributes) })),
    ),
  );
}

export interface OtlpReceiver {
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** Everything that came, as it came. */
  text(): string;
  requestCount(): number;
  /** From now on it takes connections and never answers. */
  goSilent(): void;
  close(): Promise<void>;
}

/** A collector in this process. */
export async function openOtlpReceiver(address = '127.0.0.1'): Promise<OtlpReceiver> {
  let isSilent = false;
  const spans: ReceivedSpan[] = [];
  const texts: string[] = [];
  let requestCount = 0;
  const server = createServer((request, response) => {
    requestCount += 1;
    if (isSilent) return;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      texts.push(text);
      spans.push(...spansOf(JSON.parse(text) as OtlpBody));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    endpoint: `http://${address}:${(server.address() as AddressInfo).port}/v1/traces`,
    spans,
    text: () => texts.join('\n'),
    requestCount: () => requestCount,
    goSilent: () => {
      isSilent = true;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
