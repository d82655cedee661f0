import { isApiError, namespaces, type ObjectBody } from '@civitas/kube';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crdOf } from '../core/resources/crd.ts';
import { KINDS } from '../core/resources/kinds.ts';
import { RULE_CASES, type RuleCase } from './testing/rule-cases.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const NAMESPACE = 'jincheng';
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startTestCluster(92);
  await cluster.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
}, 120_000);
afterAll(() => cluster?.stop());

/** Messages of all `x-kubernetes-validations` at or below a value. */
function messagesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(messagesOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === 'x-kubernetes-validations'
      ? (child as readonly { readonly message: string }[]).map(({ message }) => message)
      : messagesOf(child),
  );
}

/** What the API server says to the case; '' when it takes it. */
async function answerTo({ plural, kind, spec, change }: RuleCase, name: string): Promise<string> {
  const resource = ourResource(plural);
  const place = resource.namespaced ? { name, namespace: NAMESPACE } : { name };
  const body = { apiVersion: 'civitas.dev/v1alpha1', kind, metadata: place, ...{ spec } } satisfies ObjectBody;
  try {
    await cluster.client.create(resource, body, { dryRun: change === undefined });
    if (change !== undefined) await cluster.client.mergePatch(resource, place, { spec: change });
    return '';
  } catch (error) {
    if (!isApiError(error, 'Invalid')) throw error;
    return error.message;
  } finally {
    await cluster.client.delete(resource, place);
  }
}

describe('every rule of every kind', () => {
  test('has a case', () => {
    const cases = new Set(RULE_CASES.map(({ message }) => message));
    expect(KINDS.flatMap((kind) => messagesOf(crdOf(kind))).filter((message) => !cases.has(message))).toEqual([]);
  });

  test.each(RULE_CASES.map((rule, index) => [rule.kind, rule.message, rule, index] as const))(
    '%s: %s',
    async (kind, message, rule, index) => {
      const name = kind === 'CityConfig' ? 'jincheng' : `case-${index}`;
      const answer = await answerTo(rule, name);
      expect(answer).toContain(' is invalid: ');
      const shown = rule.value === undefined ? '' : `${JSON.stringify(rule.value)}: `;
      expect(answer).toContain(`: Invalid value: ${shown}${message}`);
    },
  );
});
