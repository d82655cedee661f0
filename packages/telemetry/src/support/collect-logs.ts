import { SUPPORT_LOG_BYTES_MAX, SUPPORT_LOG_LINES } from '../limits.ts';
import { redactedFor, redactText } from '../redact.ts';
import type { SupportedPod, SupportSource } from './support-source.ts';

/** A failure that a log tells of and that a trace may show. */
export interface FailedTrace {
  readonly traceId: string;
  readonly event: string;
  readonly pod: string;
}

export interface CollectedLog {
  readonly text: string;
  readonly failures: readonly FailedTrace[];
}

const FAILED = new Set(['warn', 'error', 'fatal']);

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** A line once more without what is personal: whoever wrote it, in whatever release, may have left something in. */
export function redactLine(line: string): string {
  const fields = parsed(line);
  return fields === undefined ? redactText(line) : JSON.stringify(redactedFor(fields));
}

function failureOf(line: string, pod: string): FailedTrace[] {
  const { level, event, trace_id: traceId } = parsed(line) ?? {};
  const isFailed = typeof level === 'string' && FAILED.has(level);
  return isFailed && typeof traceId === 'string' && typeof event === 'string' ? [{ traceId, event: redactText(event), pod }] : [];
}

/** The last lines that a container wrote, redacted. Throws what the source throws. */
export async function collectLog(
  source: SupportSource,
  { metadata }: SupportedPod,
  place: { container: string; previous: boolean },
): Promise<CollectedLog> {
  const { container, previous } = place;
  const query = new URLSearchParams({ container, tailLines: String(SUPPORT_LOG_LINES), limitBytes: String(SUPPORT_LOG_BYTES_MAX) });
  if (previous) query.set('previous', 'true');
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/log?${query.toString()}`;
  const lines: string[] = [];
  const failures: FailedTrace[] = [];
  let rest = '';
  let byteCount = 0;
  for await (const text of await source.streamText(path)) {
    byteCount += text.length;
    if (byteCount > SUPPORT_LOG_BYTES_MAX) break;
    const pieces = `${rest}${text}`.split('\n');
    rest = pieces.pop() ?? '';
    for (const line of pieces) {
      lines.push(redactLine(line));
      failures.push(...failureOf(line, metadata.name));
    }
  }
  if (rest !== '') lines.push(redactLine(rest));
  return { text: `${lines.join('\n')}\n`, failures };
}
