import { type Clock, customResourceDefinitions, type KubeClient, type ObjectBody, sleep } from '@civitas/kube';
import { crdOf } from '../core/resources/crd.ts';
import { GROUP } from '../core/resources/kind.ts';
import { KINDS } from '../core/resources/kinds.ts';

const FIELD_MANAGER = 'civitas-crds';
const ESTABLISHED_TIMEOUT_MS = 30_000;
const POLL_MS = 250;

export interface DefinitionsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Told the name of each definition as it is served. */
  readonly say: (line: string) => void;
}

/**
 * Applies the definitions of all our kinds as this program was built with, and waits until the server serves each.
 *
 * @throws ApiError when the server refuses one; Error when one is not served within 30 s, with what the server says of it.
 */
export async function applyDefinitions({ client, clock, say }: DefinitionsOptions): Promise<void> {
  for (const kind of KINDS) {
    const body = crdOf(kind) as object as ObjectBody;
    await client.apply(customResourceDefinitions, body, { fieldManager: FIELD_MANAGER, force: true });
  }
  for (const { plural } of KINDS) {
    const name = `${plural}.${GROUP}`;
    await waitUntilServed({ client, clock }, name);
    say(`${name} is served`);
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

async function waitUntilServed({ client, clock }: Pick<DefinitionsOptions, 'client' | 'clock'>, name: string): Promise<void> {
  const deadline = clock.monotonicMs() + ESTABLISHED_TIMEOUT_MS;
  for (;;) {
    const found = await client.get(customResourceDefinitions, { name });
    const conditions = (found.status as { readonly conditions?: readonly Condition[] } | undefined)?.conditions ?? [];
    if (conditions.some(({ type, status }) => type === 'Established' && status === 'True')) return;
    if (clock.monotonicMs() >= deadline) {
      const wrong = conditions.filter(({ status }) => status !== 'True').map(({ type, message }) => `${type}: ${message ?? 'no message'}`);
      throw new Error(
        `${name} is not served after ${ESTABLISHED_TIMEOUT_MS / 1000} s: ${wrong.join('; ') || 'the server says nothing of it'}`,
      );
    }
    await sleep(clock, POLL_MS);
  }
}
