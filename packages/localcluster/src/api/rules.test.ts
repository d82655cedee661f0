import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { type Attributes, coversRule, type PolicyRule, ruleAllows } from './auth/rbac.ts';
import { shownDuration } from './builtin/cells.ts';
import { jsonPathReader } from './builtin/custom-resource-definition.ts';
import { shownPodStatus } from './builtin/pod.ts';
import { disruptionOf } from './disruption.ts';
import type { ApiObject, JsonObject } from './json.ts';
import { decodeProtobuf } from './protobuf.ts';
import { parseQuantity, shownQuantity } from './quota.ts';
import { parseTarget, verbOf } from './request.ts';
import { labelSelectorOf, parseFieldSelector, parseLabelSelector } from './selector.ts';
import { formOf } from './table.ts';

function aRule(overrides: Partial<PolicyRule> = {}): PolicyRule {
  return { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: [], nonResourceURLs: [], ...overrides };
}

function asked(overrides: Partial<Attributes> = {}): Attributes {
  return { verb: 'get', group: '', resource: 'pods', subresource: '', name: '', namespace: 'n', ...overrides };
}

function aPod(status: JsonObject, metadata: JsonObject = {}): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { containers: [{ name: 'a' }] },
    status,
  };
}

describe('RBAC', () => {
  test('a rule allows its verbs, groups, resources, names and paths, and no more', () => {
    expect(ruleAllows(aRule(), asked())).toBe(true);
    expect(ruleAllows(aRule(), asked({ verb: 'list' }))).toBe(false);
    expect(ruleAllows(aRule(), asked({ group: 'apps' }))).toBe(false);
    expect(ruleAllows(aRule(), asked({ subresource: 'log' }))).toBe(false);
    expect(ruleAllows(aRule({ resources: ['*/log'] }), asked({ subresource: 'log' }))).toBe(true);
    expect(ruleAllows(aRule({ resourceNames: ['x'] }), asked())).toBe(false);
    expect(ruleAllows(aRule({ resourceNames: ['x'] }), asked({ name: 'x' }))).toBe(true);
    expect(ruleAllows(aRule({ nonResourceURLs: ['/api/*'] }), asked({ path: '/api/v1' }))).toBe(true);
    expect(ruleAllows(aRule({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }), asked({ path: '/api' }))).toBe(false);
  });

  test('what covers a rule allows everything the rule allows', () => {
    const word = fc.constantFrom('a', 'b', '*');
    const words = fc.uniqueArray(word, { minLength: 1, maxLength: 2 });
    const rule = fc.record({
      verbs: words,
      apiGroups: words,
      resources: words,
      resourceNames: fc.uniqueArray(fc.constantFrom('x', 'y'), { maxLength: 2 }),
      nonResourceURLs: fc.constant([]),
    });
    const one = fc.constantFrom('a', 'b');
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 3 }),
        rule,
        one,
        one,
        one,
        fc.constantFrom('x', 'y', ''),
        (held, wanted, verb, group, resource, name) => {
          const question = asked({ verb, group, resource, name });
          if (coversRule(held, wanted) && ruleAllows(wanted, question))
            expect(held.some((known) => ruleAllows(known, question))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('selectors', () => {
  const labels = { app: 'web', tier: '2' };
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=1', true],
    ['app in (api, web)', true],
    ['app notin (web)', false],
    ['none notin (web)', true],
    ['app,!none', true],
    ['!app', false],
    ['tier>1,tier<3', true],
    ['app=', false],
  ])('%s selects %s', (text, expected) => {
    expect(parseLabelSelector(text)(labels)).toBe(expected);
  });

  test('what is no selector is refused', () => {
    for (const text of ['a b', '=x', 'a in b', 'a=(b)', '!a=b'])
      expect(() => parseLabelSelector(text)).toThrow('unable to parse requirement');
    expect(() => parseFieldSelector('spec.secret=1', 'Pod')).toThrow('field label not supported: spec.secret');
    expect(parseFieldSelector('status.phase!=Running', 'Pod')(aPod({ phase: 'Pending' }))).toBe(true);
  });

  test('an empty label selector takes everything, a missing one nothing', () => {
    expect(labelSelectorOf({})(labels)).toBe(true);
    expect(labelSelectorOf(undefined)(labels)).toBe(false);
    expect(labelSelectorOf({ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] })(labels)).toBe(true);
    expect(labelSelectorOf({ matchExpressions: [{ key: 'app', operator: 'Odd' }] })(labels)).toBe(false);
  });
});

describe('requests', () => {
  test('paths are taken apart as the real server does', () => {
    expect(parseTarget('/api/v1/namespaces/a')).toMatchObject({ plural: 'namespaces', name: 'a', namespace: undefined });
    expect(parseTarget('/api/v1/namespaces/a/status')).toMatchObject({ plural: 'namespaces', name: 'a', subresource: 'status' });
    expect(parseTarget('/api/v1/namespaces/a/pods/b/log')).toMatchObject({ namespace: 'a', plural: 'pods', name: 'b', subresource: 'log' });
    expect(parseTarget('/apis/g.dev/v1/things')).toMatchObject({ group: 'g.dev', version: 'v1', plural: 'things', name: undefined });
    expect(parseTarget('/apis/g.dev/v1')).toBeUndefined();
    expect(() => parseTarget('/api/v1/%zz')).toThrow('not percent-encoded');
    expect(verbOf('GET', parseTarget('/api/v1/pods'), new URLSearchParams('watch=1'))).toBe('watch');
    expect(verbOf('DELETE', parseTarget('/api/v1/pods'), new URLSearchParams())).toBe('deletecollection');
  });

  test('the form asked for is the first this server has', () => {
    expect(formOf('application/json;as=Table;v=v1;g=meta.k8s.io,application/json')).toBe('table');
    expect(formOf('application/vnd.kubernetes.protobuf,application/json')).toBe('object');
    expect(formOf('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1')).toBe('metadata');
    expect(formOf(undefined)).toBe('object');
  });

  test('bytes that are no protobuf are refused, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeProtobuf(Buffer.concat([Buffer.from('k8s\0'), bytes]));
        } catch (cause) {
          expect(cause).toMatchObject({ name: 'StatusError' });
        }
      }),
    );
  });
});

describe('quantities', () => {
  test.each([
    ['500m', 0.5],
    ['2', 2],
    ['1Gi', 2 ** 30],
    ['1.5k', 1500],
    ['1e3', 1000],
    ['x', undefined],
    ['1 Gi', undefined],
  ])('%s is %s', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  test('numbers are shown short', () => {
    expect([shownQuantity(0.25, false), shownQuantity(3, false), shownQuantity(2 ** 31, true), shownQuantity(1500, true)]).toEqual([
      '250m',
      '3',
      '2Gi',
      '1500',
    ]);
  });
});

describe('what is shown', () => {
  test.each([
    [-5_000, '<invalid>'],
    [119_000, '119s'],
    [125_000, '2m5s'],
    [3_600_000, '60m'],
    [4 * 3_600_000 + 60_000, '4h1m'],
    [9 * 3_600_000, '9h'],
    [3 * 86_400_000, '3d'],
    [800 * 86_400_000, '2y70d'],
  ])('%d ms is %s', (span, text) => {
    expect(shownDuration(span)).toBe(text);
  });

  test('a pod shows the reason it waits for', () => {
    expect(shownPodStatus(aPod({ phase: 'Pending' }))).toBe('Pending');
    expect(shownPodStatus(aPod({ phase: 'Running', containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }] }))).toBe(
      'CrashLoopBackOff',
    );
    expect(shownPodStatus(aPod({ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 2 } } }] }))).toBe('ExitCode:2');
    expect(shownPodStatus(aPod({ phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toBe('Terminating');
  });

  test('printer columns read their paths', () => {
    const object = { status: { conditions: [{ type: 'Ready', status: 'True' }], 'a.b': 1, list: [1, 2] } };
    expect(jsonPathReader('.status.conditions[?(@.type=="Ready")].status')(object)).toEqual(['True']);
    expect(jsonPathReader(".status['a.b']")(object)).toEqual([1]);
    expect(jsonPathReader('.status.a\\.b')(object)).toEqual([1]);
    expect(jsonPathReader('.status.list[*]')(object)).toEqual([1, 2]);
    expect(jsonPathReader('.status.none.deep')(object)).toEqual([]);
  });

  test('a budget allows what is above its least', () => {
    const pods = ['True', 'True', 'False'].map((status) =>
      aPod({ phase: 'Running', conditions: [{ type: 'Ready', status }] }, { labels: { app: 'x' } }),
    );
    const budget = (spec: JsonObject): ApiObject => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: aPod({}).metadata,
      spec: { selector: { matchLabels: { app: 'x' } }, ...spec },
    });
    expect(disruptionOf(budget({ minAvailable: 1 }), pods)).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 2, expectedPods: 3 });
    expect(disruptionOf(budget({ minAvailable: '50%' }), pods)).toMatchObject({ disruptionsAllowed: 0, desiredHealthy: 2 });
    expect(disruptionOf(budget({ maxUnavailable: 2 }), pods)).toMatchObject({ disruptionsAllowed: 1, desiredHealthy: 1 });
  });
});
