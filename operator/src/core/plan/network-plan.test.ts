import { nodeCrypto } from '@civitas/canon/node';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { isCertificateDue } from './certificate-plan.ts';
import { genesisHashOf, keyHashOf } from './genesis-record.ts';
import type { NetworkAction } from './network-action.ts';
import { planNetwork } from './network-plan.ts';
import { drainText, networkPhase, networkVerdicts, rfc3339 } from './network-status.ts';
import type { ObservedAnswer, ObservedNetwork, ObservedNode, ObservedPod, ObservedReservation } from './observed-network.ts';

const { sha256 } = nodeCrypto;

const ORGANISATIONS = [{ organisation: 'civil-affairs', operationPublicKey: aKey(3), hpkePublicKey: aKey(4), approverPublicKey: aKey(5) }];

function anAnswer(facts: Partial<ObservedAnswer> = {}): ObservedAnswer {
  return {
    ...{ phase: 'AwaitingGenesis', chainId: '', genesisHash: '', genesisMismatch: false, height: 0, root: '', signing: false },
    ...{ caughtUp: true, peers: 0, version: '0.1.0', certificateNotAfterUnixMs: 1_900_000_000_000, keys: undefined },
    ...{ unwell: '', halted: false, engineVersion: '' },
    ...facts,
  };
}

/** The one pod of the plan, as the kubelet would have it run. */
function runningPod(observed: ObservedNetwork, facts: Partial<ObservedPod> = {}): ObservedPod {
  const create = planNetwork({ ...observed, nodes: {} }, sha256).actions.find((action) => action.type === 'createPod');
  const configHash = create?.type === 'createPod' ? create.manifest.metadata.annotations?.['civitas.dev/config-hash'] : undefined;
  return {
    name: 'city-0',
    uid: 'pod-1',
    ip: '127.0.0.9',
    running: true,
    ready: false,
    deleting: false,
    finished: false,
    configHash,
    image: 'civitas.dev/node:0.1.0',
    ...facts,
  };
}

function withNode(observed: ObservedNetwork, node: Partial<ObservedNode>): ObservedNetwork {
  const certificate = {
    notAfterUnixMs: 1_900_000_000_000,
    renewAtUnixMs: 1_850_000_000_000,
    subject: 'spiffe://civitas/jincheng-city-1/civil-affairs/city-0',
  };
  return {
    ...observed,
    nodes: {
      'city-0': {
        ledgerNode: aNode('city-0'),
        certificate,
        pod: runningPod(observed),
        answer: undefined,
        address: undefined,
        heard: false,
        ...node,
      },
    },
  };
}

/** The reservation of the test node's key: for its own pod unless told otherwise. */
function reservedFor(facts: Partial<ObservedReservation>): ObservedNetwork['reservations'] {
  const base = { name: 'r', uid: 'uid-r', resourceVersion: '1', holder: 'jincheng/other-0', nodeUID: 'uid-city-0', podUID: 'pod-1' };
  return { [keyHashOf(aKey(9), sha256)]: { ...base, isHolderGone: false, ...facts } };
}

function typesOf(actions: readonly NetworkAction[]): readonly string[] {
  return actions.filter(({ type }) => type !== 'apply' && type !== 'issueCertificate').map(({ type }) => type);
}

function bornNetwork(): ObservedNetwork {
  const observed = withNode(anObservation(), {
    ledgerNode: aNode('city-0', { podUID: 'pod-1', consensusPublicKey: aKey(9), organisations: ORGANISATIONS }),
    answer: anAnswer(),
  });
  const record = planNetwork(observed, sha256).actions.find((action) => action.type === 'recordGenesis');
  if (record?.type !== 'recordGenesis') throw new Error('the plan writes no genesis');
  return { ...observed, genesisRecord: record.text, network: aNetwork({}, { genesisHash: genesisHashOf(record.text, sha256) }) };
}

describe('the plan of a network', () => {
  test('goes from authority to pod, keys, genesis and grant, one thing after another', () => {
    const start = anObservation();
    expect(typesOf(planNetwork({ ...start, hasAuthority: false }, sha256).actions)).toEqual(['createAuthority']);
    expect(typesOf(planNetwork(start, sha256).actions)).toEqual(['createPod']);
    const reported = { consensusPublicKey: aKey(9), engineNodeId: '', organisations: ORGANISATIONS };
    const asked = withNode(start, { answer: anAnswer({ keys: reported }) });
    expect(typesOf(planNetwork(asked, sha256).actions)).toEqual(['recordKeys']);
    const born = bornNetwork();
    expect(typesOf(planNetwork({ ...born, reservations: reservedFor({}) }, sha256).actions)).toEqual([]);
    const waiting = withNode(born, { ledgerNode: born.nodes['city-0']?.ledgerNode, answer: anAnswer({ phase: 'AwaitingGrant' }) });
    expect(typesOf(planNetwork(waiting, sha256).actions)).toEqual(['reserveKey']);
    expect(typesOf(planNetwork({ ...waiting, reservations: reservedFor({}) }, sha256).actions)).toEqual(['grantSigning']);
  });

  test('writes founders with the keys they reported and the platform as no founder', () => {
    const text = bornNetwork().genesisRecord ?? '';
    const { appState, validators } = JSON.parse(text);
    expect(validators).toEqual([{ node: 'city-0', organisation: 'civil-affairs', power: 10, publicKey: aKey(9) }]);
    expect(appState.founders.map(({ name, founder }: { name: string; founder: boolean }) => [name, founder])).toEqual([
      ['civil-affairs', true],
      ['platform', false],
    ]);
    expect(appState.founders[0].keys.map(({ label }: { label: string }) => label)).toEqual(['gateway', 'auto-approver']);
    expect(appState.cityClient).toBeNull();
  });

  describe('is born only where somebody can decide', () => {
    const manual = { approvalPolicy: 'manual' as const };
    const person = { name: 'chief-clerk', publicKey: aKey(7) };
    const asked = (facts: Partial<ObservedNetwork>) =>
      planNetwork(
        withNode(anObservation(facts), {
          ledgerNode: aNode('city-0', { podUID: 'pod-1', consensusPublicKey: aKey(9), organisations: ORGANISATIONS }),
          answer: anAnswer(),
        }),
        sha256,
      );
    const genesisIn = ({ actions }: ReturnType<typeof planNetwork>) => {
      const record = actions.find((action) => action.type === 'recordGenesis');
      return record?.type === 'recordGenesis' ? JSON.parse(record.text).appState : undefined;
    };

    test('with the keys that persons made for themselves', () => {
      const { founders } = genesisIn(asked({ agencies: [anAgency('civil-affairs', { ...manual, approvers: [person] })] }));
      expect(founders[0].keys).toEqual([
        { publicKey: aKey(3), use: 'operation', label: 'gateway' },
        { publicKey: aKey(7), use: 'approver', label: 'chief-clerk' },
      ]);
    });

    test('and waits for an approver where there would be too few', () => {
      const none = asked({ agencies: [anAgency('civil-affairs', manual)] });
      expect([genesisIn(none), none.waiting]).toEqual([undefined, expect.objectContaining({ reason: 'WaitingForApprovers' })]);
      expect(none.waiting?.message).toContain('name approvers of civil-affairs');
      const two = [anAgency('civil-affairs'), anAgency('police', manual)];
      expect(asked({ agencies: two, config: aCity({ approvalThreshold: 2 }) }).waiting?.reason).toBe('WaitingForApprovers');
      expect(asked({ agencies: two }).waiting?.reason).toBe('GenesisWritten');
    });

    test('and not with a key that two members name', () => {
      const both = [anAgency('civil-affairs', { approvers: [person] }), anAgency('police', { approvers: [person] })];
      const { waiting } = asked({ agencies: both });
      expect(waiting?.reason).toBe('MemberKeyShared');
      expect(waiting?.message).toContain('civil-affairs and police');
    });
  });

  test('waits for the city before any other network is born, and for the relay before the city is', () => {
    const housing = anObservation({ network: aNetwork({ domain: 'housing', chainId: 'jincheng-housing-1' }) });
    expect(planNetwork(housing, sha256).waiting?.reason).toBe('WaitingForCity');
    expect(planNetwork(anObservation({ relayKey: undefined }), sha256).waiting?.reason).toBe('WaitingForRelay');
    expect(planNetwork(anObservation(), sha256).waiting?.reason).toBe('WaitingForKeys');
  });

  test('grants nothing to a key that is reserved for another node, that is not in the genesis, or that another pod reported', () => {
    const born = { ...bornNetwork(), reservations: reservedFor({}) };
    const grants = (change: Partial<ObservedNetwork>, node: Partial<ObservedNode> = {}): readonly string[] =>
      typesOf(
        planNetwork(
          withNode(
            { ...born, ...change },
            { ledgerNode: born.nodes['city-0']?.ledgerNode, answer: anAnswer({ phase: 'AwaitingGrant' }), ...node },
          ),
          sha256,
        ).actions,
      );
    expect(grants({})).toEqual(['grantSigning']);
    expect(grants({ reservations: reservedFor({ nodeUID: 'uid-other' }) })).toEqual([]);
    expect(grants({ reservations: reservedFor({ nodeUID: 'uid-other', isHolderGone: true }) })).toEqual(['dropReservation']);
    expect(grants({ reservations: reservedFor({ podUID: 'pod-0' }) })).toEqual(['passReservation']);
    expect(grants({}, { ledgerNode: aNode('city-0', { podUID: 'pod-1', consensusPublicKey: aKey(8) }) })).toEqual([]);
    expect(grants({}, { ledgerNode: aNode('city-0', { podUID: 'pod-0', consensusPublicKey: aKey(9) }) })).toEqual([]);
  });

  test('replaces a pod by UID when its configuration, its image or its end asks for it', () => {
    const born = bornNetwork();
    const plan = (pod: Partial<ObservedPod>): readonly NetworkAction[] =>
      planNetwork(withNode(born, { pod: runningPod(born, pod) }), sha256).actions.filter(({ type }) => type === 'deletePod');
    for (const pod of [{ configHash: 'other' }, { image: 'civitas.dev/node:0.0.9' }, { finished: true }]) {
      expect(plan(pod)).toEqual([expect.objectContaining({ type: 'deletePod', name: 'city-0', uid: 'pod-1' })]);
    }
    expect(plan({})).toEqual([]);
    expect(plan({ configHash: 'other', deleting: true })).toEqual([]);
  });

  test('does nothing while paused or while something is wrong', () => {
    expect(planNetwork(anObservation({ network: aNetwork({ paused: true }) }), sha256).actions).toEqual([]);
    const lost = anObservation({ network: aNetwork({}, { genesisHash: aKey(7) }) });
    expect(planNetwork(lost, sha256)).toEqual(
      expect.objectContaining({ actions: [], problems: [expect.objectContaining({ reason: 'GenesisLost' })] }),
    );
  });

  test('takes kept data up again only for the chain they belong to', () => {
    const born = bornNetwork();
    const again = { ...born, network: aNetwork() };
    expect(planNetwork(again, sha256).problems).toEqual([]);
    const other = { ...born, network: aNetwork({ chainId: 'jincheng-city-2' }) };
    expect(planNetwork(other, sha256).problems.map(({ reason }) => reason)).toEqual(['GenesisOfAnotherChain']);
  });

  test('never changes a genesis, whatever happens in whatever order', () => {
    const born = bornNetwork();
    const arbitrary = fc.record({
      nowUnixMs: fc.integer({ min: 1_800_000_000_000, max: 1_900_000_000_000 }),
      agencies: fc.subarray(['civil-affairs', 'hospital-1', 'bank-1']).map((names) => names.map((name) => anAgency(name))),
      relayKey: fc.constantFrom(undefined, aKey(2), aKey(12)),
      statusHash: fc.constantFrom(undefined, born.network.status?.genesisHash, aKey(20)),
      recordKept: fc.boolean(),
      key: fc.constantFrom(undefined, aKey(9), aKey(10)),
      answered: fc.option(fc.constantFrom('AwaitingGenesis', 'AwaitingGrant', 'Serving'), { nil: undefined }),
    });
    fc.assert(
      fc.property(arbitrary, (facts) => {
        // A status that names a genesis outlives the record of it; a record alone is kept data.
        const status = facts.statusHash === undefined ? undefined : { genesisHash: facts.statusHash };
        const ledgerNode = aNode(
          'city-0',
          facts.key === undefined ? {} : { podUID: 'pod-1', consensusPublicKey: facts.key, organisations: ORGANISATIONS },
        );
        const answer = facts.answered === undefined ? undefined : anAnswer({ phase: facts.answered });
        const observed = withNode(
          {
            ...born,
            nowUnixMs: facts.nowUnixMs,
            agencies: facts.agencies,
            relayKey: facts.relayKey,
            network: aNetwork({}, status ?? {}),
            genesisRecord: facts.recordKept ? born.genesisRecord : undefined,
          },
          { ledgerNode, answer },
        );
        const { actions } = planNetwork(observed, sha256);
        const writes = actions.filter(({ type }) => type === 'recordGenesis').length;
        const wasBorn = facts.recordKept || facts.statusHash !== undefined;
        expect(writes).toBeLessThanOrEqual(wasBorn ? 0 : 1);
        const mounted = actions.flatMap((action) =>
          action.type === 'apply' && action.manifest.metadata.name === 'city-genesis' ? [action.manifest['data']] : [],
        );
        for (const data of mounted) expect(data).toEqual({ 'genesis.json': born.genesisRecord });
      }),
    );
  });

  test('renews a certificate at two thirds of its life, and at once for another name', () => {
    const certificate = { notAfterUnixMs: 300, renewAtUnixMs: 200, subject: 'spiffe://civitas/a/b/c' };
    expect(isCertificateDue(undefined, 'x', 0)).toBe('missing');
    expect(isCertificateDue(certificate, certificate.subject, 199)).toBeUndefined();
    expect(isCertificateDue(certificate, certificate.subject, 200)).toBe('two thirds of its life are over');
    expect(isCertificateDue(certificate, 'spiffe://civitas/a/b/d', 0)).toBe('issued for spiffe://civitas/a/b/c');
  });
});

describe('the status of a network', () => {
  test('says Available once a quorum serves, and reads its phase off the conditions alone', () => {
    const born = bornNetwork();
    const serving = withNode(born, {
      ledgerNode: born.nodes['city-0']?.ledgerNode,
      pod: runningPod(born, { ready: true }),
      answer: anAnswer({ phase: 'Serving', signing: true, height: 5 }),
      heard: true,
    });
    const verdicts = networkVerdicts(serving, planNetwork(serving, sha256));
    expect(verdicts.filter(({ status }) => status === 'True').map(({ type }) => type)).toEqual([
      'Available',
      'QuorumHealthy',
      'FullRedundancy',
      'CertificatesValid',
      'StorageHealthy',
      'PoolsMatchLedger',
    ]);
    expect(networkPhase(verdicts)).toBe('Available');
    const silent = networkVerdicts(anObservation(), planNetwork(anObservation(), sha256));
    expect(networkPhase(silent)).toBe('WaitingForKeys');
  });

  test('claims nothing of a node it has not heard, and tells a start from a loss', () => {
    const born = bornNetwork();
    const { ledgerNode } = born.nodes['city-0'] ?? {};
    const available = (node: Partial<ObservedNode>): string => {
      const observed = withNode(born, { ledgerNode, ...node });
      const verdict = networkVerdicts(observed, planNetwork(observed, sha256)).find(({ type }) => type === 'Available');
      return `${verdict?.status} ${verdict?.reason}: ${verdict?.message}`;
    };
    const ready = runningPod(born, { ready: true });
    const serving = anAnswer({ phase: 'Serving', signing: true, height: 5 });
    expect(available({ pod: undefined })).toBe('False NodeStarting: city-0 has no pod yet');
    expect(available({ pod: runningPod(born) })).toBe('False NodeStarting: city-0 is not ready yet');
    expect(available({ pod: runningPod(born), answer: serving, heard: true })).toBe('False NodeStarting: city-0 is not ready yet');
    expect(available({ pod: ready })).toBe('Unknown NotObserved: city-0 has not answered this operator since it started');
    expect(available({ pod: ready, answer: anAnswer({ phase: 'Replaying' }), heard: true })).toBe(
      'False NodeStarting: city-0 says Replaying',
    );
    expect(available({ pod: ready, heard: true })).toBe('False NoQuorum: 0 of 1 validators serve, 1 are needed; city-0 gives no answer');
    expect(available({ pod: ready, answer: serving, heard: true })).toMatch(/^True Serving: /);
  });

  test('says of each condition why it is as it is', () => {
    const said = (observed: ObservedNetwork, type: string): string | undefined => {
      const found = networkVerdicts(observed, planNetwork(observed, sha256)).find((verdict) => verdict.type === type);
      return found && `${found.status} ${found.reason}`;
    };
    const born = bornNetwork();
    const { ledgerNode } = born.nodes['city-0'] ?? {};
    const ready = runningPod(born, { ready: true });
    const serving = withNode(born, {
      ledgerNode,
      pod: ready,
      answer: anAnswer({ phase: 'Serving', signing: true, height: 5 }),
      heard: true,
    });
    expect(['QuorumHealthy', 'Degraded', 'CertificatesValid', 'Progressing'].map((type) => said(serving, type))).toEqual([
      'True Quorum',
      'False NoProblem',
      'True Valid',
      'False Settled',
    ]);
    expect([said(serving, 'Registered'), said({ ...serving, registered: true }, 'Registered')]).toEqual([
      'False NotYet',
      'True InRegistry',
    ]);
    expect(said(anObservation({ hasAuthority: false }), 'Progressing')).toBe('True AuthorityMissing');
    expect(said(anObservation(), 'CertificatesValid')).toBe('False Missing');
    const reported = aNode('city-0', { podUID: 'pod-1', consensusPublicKey: aKey(9), organisations: ORGANISATIONS });
    expect(said(withNode(anObservation(), { ledgerNode: reported, answer: anAnswer() }), 'Progressing')).toBe('True GenesisWritten');
    expect(said(withNode(born, { ledgerNode, pod: undefined }), 'Progressing')).toBe('True Starting');
    expect(said(withNode(serving, { ledgerNode, pod: { ...ready, configHash: 'other' } }), 'Progressing')).toBe('True ReplacingPod');
    expect(said({ ...serving, network: aNetwork({}, { genesisHash: aKey(7) }) }, 'Degraded')).toBe('True GenesisChanged');
    const deleted = { ...born.network, metadata: { ...born.network.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } };
    expect(said({ ...born, network: deleted }, 'Available')).toBe('False BeingRemoved');
  });

  test('says of a removal which links it waits for, however many there are', () => {
    const links = Array.from({ length: 11 }, (_, index) => ({ name: `link-${index}`, inFlight: index }));
    expect(drainText(links.slice(0, 2))).toBe('waiting for links to drain: link-0 (0 in flight), link-1 (1 in flight)');
    expect(drainText(links)).toMatch(/link-7 \(7 in flight\) and 3 more$/);
    const born = bornNetwork();
    const network = { ...born.network, metadata: { ...born.network.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } };
    const phaseOf = (openLinks: ObservedNetwork['openLinks']): string => {
      const observed = { ...born, network, openLinks };
      return networkPhase(networkVerdicts(observed, planNetwork(observed, sha256)));
    };
    expect([phaseOf(links), phaseOf([])]).toEqual(['Draining', 'Removing']);
  });

  test('writes times as the API server does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        expect(rfc3339(seconds * 1000)).toBe(`${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`);
      }),
    );
  });
});
