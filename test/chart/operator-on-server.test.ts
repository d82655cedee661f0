import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithKubernetes } from '../operator/describe-with-kubernetes.ts';
import { NAMESPACE } from './helm.ts';
import { type OperatorPod, startOperatorPod } from './operator-process.ts';
import { type ChartServer, startChartServer } from './real-server.ts';

const LEASE = ['get', 'lease', 'civitas-operator', '--namespace', NAMESPACE, '-o'];
const WITHIN_MS = 60_000;
const LOG_CHARS = 2_000;

const AGENCY_SPEC = {
  displayName: { zh: '民政局', en: 'Civil Affairs Bureau' },
  founder: true,
  quotas: { pods: 4 },
  memberships: [{ network: 'city', roles: ['registrar'] }],
};

const agency = (name: string): object => ({ apiVersion: 'civitas.dev/v1alpha1', kind: 'Agency', metadata: { name }, spec: AGENCY_SPEC });

const CITY = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'jincheng', labels: { 'civitas.dev/workspace': 'true', 'pod-security.kubernetes.io/enforce': 'restricted' } },
  },
  {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'CityConfig',
    metadata: { name: 'jincheng' },
    spec: {
      ...{ city: 'jincheng', namespace: 'jincheng', engine: 'cometbft', validatorsPerNetwork: 4, approvalThreshold: 1 },
      release: { version: '0.1.0' },
    },
  },
  agency('civil-affairs'),
  {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'LedgerNetwork',
    metadata: { name: 'city', namespace: 'jincheng' },
    spec: { domain: 'city', chainId: 'jincheng-city-1' },
  },
];

describeWithKubernetes(
  'the operator as the chart deploys it: two pods with the chart’s rights and the mounted account, on a real API server',
  () => {
    let server: ChartServer;
    let pods: OperatorPod[] = [];

    const tokenBoundTo = (secret: string): string => {
      server.kubectl(['create', 'secret', 'generic', secret, '--namespace', NAMESPACE]);
      const bound = ['--bound-object-kind', 'Secret', '--bound-object-name', secret];
      return server.kubectl(['create', 'token', 'civitas-operator', '--namespace', NAMESPACE, ...bound]).said.trim();
    };
    /** Fails with what the operators logged last. */
    const eventually = async (what: string, predicate: () => boolean | Promise<boolean>): Promise<void> => {
      try {
        await waitFor(what, predicate, WITHIN_MS);
      } catch (cause) {
        throw new Error(`no ${what}; ${pods.map((pod) => pod.log().slice(-LOG_CHARS)).join('\n')}`, { cause });
      }
    };
    const holder = (): string => server.kubectl([...LEASE, 'jsonpath={.spec.holderIdentity}']).said;
    /** One that stood still has given its Lease back, and the next takes it a moment later. */
    const untilOneLeads = (): Promise<void> => eventually('one that leads', () => pods.some(({ identity }) => identity === holder()));
    const renewedAt = (): string => server.kubectl([...LEASE, 'jsonpath={.spec.renewTime}']).said;
    const named = (kind: string, namespace: string): readonly string[] =>
      server.kubectl(['get', kind, '--namespace', namespace, '-o', 'jsonpath={.items[*].metadata.name}']).said.split(' ');

    beforeAll(async () => {
      server = await startChartServer();
      const { url: apiUrl, caPem } = server.cluster;
      const token = tokenBoundTo('first');
      const octets = new URL(apiUrl).hostname.split('.');
      const at = (last: number): string => ['127', String(Number(octets[1]) - 32), octets[2], String(last)].join('.');
      pods = [1, 2].map((number) => startOperatorPod({ name: `operator-${number}`, address: at(number), apiUrl, caPem, token }));
    }, 120_000);

    afterAll(async () => {
      await Promise.all(pods.map((pod) => pod.stop()));
      await server?.stop();
    }, 30_000);

    test('one leads, and both are ready', async () => {
      await eventually('two ready pods', async () => (await Promise.all(pods.map((pod) => pod.isReady()))).every((isReady) => isReady));
      await untilOneLeads();
    });

    test('it makes what a city needs, within the policies and where only restricted pods are let in', async () => {
      const { status, said } = server.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: CITY }));
      expect({ status, said }).toMatchObject({ status: 0 });
      const wanted = ['city-0', 'city-1', 'city-2', 'city-3'];
      await eventually('pods of the network', () => wanted.every((name) => named('pods', 'jincheng').includes(name)));
      await eventually('the agency’s quota', () => named('resourcequota', 'agency-civil-affairs').includes('agency'));
      expect(named('rolebinding', 'jincheng')).toContain('civitas-operator-workspace');
      expect(named('secret', NAMESPACE)).toContain('ca.jincheng.city');
      // A binding counts a moment after it was made, so a first call into a new namespace may be refused; nothing else may.
      const refused = pods.flatMap((pod) => pod.log().split('\n')).filter((line) => /forbidden/i.test(line));
      expect(refused.filter((line) => /ValidatingAdmissionPolicy|cluster scope|civitas-system\\"/.test(line))).toEqual([]);
    });

    test('its status answers the generation asked for, kubectl shows its columns, and Events say what was done', async () => {
      interface Answered {
        readonly metadata: { readonly generation: number };
        readonly status?: {
          readonly observedGeneration?: number;
          readonly conditions?: readonly { readonly observedGeneration?: number }[];
        };
      }
      const read = (): Answered => JSON.parse(server.kubectl(['get', 'agency', 'civil-affairs', '-o', 'json']).said) as Answered;
      server.kubectl(['patch', 'agency', 'civil-affairs', '--type=merge', '-p', '{"spec":{"quotas":{"pods":5}}}']);
      await eventually('an answer to the second generation', () => read().status?.observedGeneration === 2);
      const pods = (): string =>
        server.kubectl(['get', 'resourcequota', 'agency', '--namespace', 'agency-civil-affairs', '-o', 'jsonpath={.spec.hard.pods}']).said;
      await eventually('the quota as it is asked for now', () => pods() === '5');
      const { metadata, status } = read();
      expect(metadata.generation).toBe(2);
      expect(status?.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual(status?.conditions?.map(() => 2));
      const [header, ...lines] = server.kubectl(['get', 'lnet', '--namespace', 'jincheng']).said.trim().split('\n');
      expect(header?.split(/\s{2,}/)).toEqual(expect.arrayContaining(['NAME', 'PHASE', 'VALIDATORS', 'AGE']));
      expect(lines).toEqual([expect.stringContaining('city')]);
      const events = server.kubectl(['get', 'events', '--namespace', 'jincheng', '-o', 'jsonpath={.items[*].reason}']).said;
      expect(events).toContain('PodCreated');
    });

    test('it goes on with the token that is mounted next, when the one before has ended', async () => {
      const next = tokenBoundTo('second');
      for (const pod of pods) pod.mountToken(next);
      server.kubectl(['delete', 'secret', 'first', '--namespace', NAMESPACE]);
      const before = renewedAt();
      await eventually('a renewal of the Lease', () => renewedAt() !== before);
      server.kubectl(['apply', '-f', '-'], JSON.stringify(agency('registry')));
      await eventually('the next agency’s quota', () => named('resourcequota', 'agency-registry').includes('agency'));
      await untilOneLeads();
    });

    test('when the leader is told to end, the other leads at once', async () => {
      await untilOneLeads();
      const leader = pods.find(({ identity }) => identity === holder());
      const other = pods.find((pod) => pod !== leader);
      if (leader === undefined || other === undefined) throw new Error(`nobody of ours leads: ${holder()}`);
      pods = [other];
      expect(await leader.stop()).toBe(0);
      await eventually('the other leads', () => holder() === other.identity);
      await eventually('it is ready', () => other.isReady());
    });
  },
);
