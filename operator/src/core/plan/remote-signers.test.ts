import { nodeCrypto } from '@civitas/canon/node';
import { expectGolden } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { networkObjects } from '../desired/network-objects.ts';
import { nodesPolicy } from '../desired/network-policy.ts';
import { nodePod } from '../desired/node-pod.ts';
import type { RemoteSigner } from '../resources/remote-signer.ts';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { planNetwork } from './network-plan.ts';
import { networkVerdicts } from './network-status.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';

const { sha256 } = nodeCrypto;
const KEY = aKey(50);
const signer = (more: Partial<RemoteSigner> = {}): RemoteSigner => ({ node: 'city-1', publicKey: KEY, ...more });

interface Made {
  readonly reported?: string;
  readonly signerPublicKey?: string;
  readonly unwell?: string;
}

function aMade(name: string, { reported, signerPublicKey, unwell }: Made): ObservedNode {
  const ledgerNode = aNode(name, reported === undefined ? {} : { podUID: `pod-${name}`, consensusPublicKey: reported });
  const spec = { ...ledgerNode.spec, ordinal: 1, ...(signerPublicKey === undefined ? {} : { signerPublicKey }) };
  return {
    ledgerNode: { ...ledgerNode, spec },
    ...{ certificate: undefined, pod: undefined, address: '10.0.0.2', heard: unwell !== undefined },
    answer:
      unwell === undefined
        ? undefined
        : {
            ...{ phase: 'Serving', chainId: 'jincheng-city-1', genesisHash: '', genesisMismatch: false, height: 5, root: '' },
            ...{ signing: true, caughtUp: true, peers: 3, version: '0.1.0', certificateNotAfterUnixMs: 0, keys: undefined },
            ...{ unwell, halted: false, engineVersion: '' },
          },
  };
}

/** A network of four, of which one has its key elsewhere. */
function observe(signers: readonly RemoteSigner[], made?: Made, engine: 'cometbft' | 'embedded' = 'cometbft'): ObservedNetwork {
  return anObservation({
    network: aNetwork(signers.length === 0 ? {} : { keys: { remoteSigners: [...signers] } }),
    config: aCity({ engine, validatorsPerNetwork: engine === 'embedded' ? 1 : 4 }),
    agencies: [anAgency('civil-affairs')],
    nodes: made === undefined ? {} : { 'city-1': aMade('city-1', made) },
  });
}

const planOf = (observed: ObservedNetwork) => planNetwork(observed, sha256);
const problemsOf = (observed: ObservedNetwork) => planOf(observed).problems.map(({ reason }) => reason);
const heard = (observed: ObservedNetwork) => networkVerdicts(observed, planOf(observed)).filter(({ type }) => type === 'SignersHeard');

describe('a node whose key a remote signer holds', () => {
  test('is told its public half, has a port that the signer dials, and lets in whom the spec names', () => {
    const { effective } = planOf(observe([signer({ from: { cidr: '10.9.0.7/32' } })]));
    const [, second] = effective.nodes;
    if (second === undefined) throw new Error('the network has no second node');
    const own = networkObjects(effective).filter(
      ({ kind, metadata }) => metadata.name.startsWith('city-1') && kind !== 'PersistentVolumeClaim',
    );
    const objects = [...own, nodePod(effective, second, 'hash')];
    const golden = new URL('../../../../test/vectors/operator/remote-signer.yaml', import.meta.url);
    const { ingress } = nodesPolicy(effective)['spec'] as { ingress: readonly object[] };
    expect(ingress.at(-1)).toEqual({ from: [{ ipBlock: { cidr: '10.9.0.7/32' } }], ports: [{ port: 26_659, protocol: 'TCP' }] });
    expectGolden(golden, objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n'));
  });

  test('is alone in having that port, and nobody is let in whom nothing names', () => {
    const { effective } = planOf(observe([signer()]));
    const ports = networkObjects(effective).filter((object) => object.kind === 'Service' && JSON.stringify(object).includes('26659'));
    expect(ports.map(({ metadata }) => metadata.name)).toEqual(['city-1']);
    expect(JSON.stringify(nodesPolicy(effective))).not.toContain('26659');
    expect(effective.nodes.filter(({ remoteSigner }) => remoteSigner !== undefined)).toHaveLength(1);
  });

  test('of a namespace is let in by its label, each place once', () => {
    const from = { namespace: 'signers' };
    const observed = observe([signer({ from }), signer({ node: 'city-2', publicKey: aKey(51), from })]);
    const { ingress } = nodesPolicy(planOf(observed).effective)['spec'] as { ingress: readonly object[] };
    expect(ingress.at(-1)).toEqual({
      from: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'signers' } },
          podSelector: { matchLabels: { 'civitas.dev/signer': 'true' } },
        },
      ],
      ports: [{ port: 26_659, protocol: 'TCP' }],
    });
  });

  test.each<readonly [string, ObservedNetwork, readonly string[]]>([
    ['nothing is wrong before it is made', observe([signer()]), []],
    ['nothing is wrong while it is as it was made', observe([signer()], { reported: KEY, signerPublicKey: KEY }), []],
    ['nothing is wrong before it has reported a key', observe([signer()], {}), []],
    ['an embedded engine holds its key itself', observe([signer({ node: 'city-0' })], undefined, 'embedded'), ['EmbeddedHoldsItsKey']],
    ['a name that is no node’s is told', observe([signer({ node: 'city-9' })]), ['SignerOfNoNode']],
    ['a key on a volume stays there', observe([signer()], { reported: aKey(51) }), ['KeyWouldMove']],
    ['one signer’s key is not changed for another’s', observe([signer()], { signerPublicKey: aKey(51) }), ['KeyWouldMove']],
    ['an entry is not forgotten', observe([], { reported: KEY, signerPublicKey: KEY }), ['KeyWouldMove']],
  ])('%s', (_, observed, reasons) => {
    expect(problemsOf(observed)).toEqual(reasons);
    if (reasons.length > 0) expect(planOf(observed).actions).toEqual([]);
  });

  test('says whether its signer is connected, and where it is to dial', () => {
    const made = { reported: KEY, signerPublicKey: KEY };
    expect(heard(observe([]))).toEqual([]);
    expect(heard(observe([signer()], made))).toMatchObject([{ status: 'Unknown', reason: 'NotObserved' }]);
    expect(heard(observe([signer()], { ...made, unwell: '' }))).toMatchObject([{ status: 'True', reason: 'SignersConnected' }]);
    expect(heard(observe([signer()], { ...made, unwell: 'engine: no process' }))).toMatchObject([{ status: 'True' }]);
    expect(heard(observe([signer()], { ...made, unwell: 'signer: not connected' }))).toMatchObject([
      { status: 'False', reason: 'SignerSilent', message: expect.stringContaining('city-1 (tcp://10.0.0.2:26659)') },
    ]);
  });

  test('that holds another key is named with both, also while its node starts again, until the node says otherwise', () => {
    const made = { reported: KEY, signerPublicKey: KEY };
    const said = 'the signer that dialled holds b3RoZXI=, this node is granted a2V5';
    const message = `city-1: ${said}; it signs nothing`;
    const [wrong] = heard(observe([signer()], { ...made, unwell: `signer: ${said}` }));
    expect(wrong).toMatchObject({ status: 'False', reason: 'SignerKeyWrong', message });
    const after = (more: Partial<Made>): ReturnType<typeof heard> => {
      const observed = observe([signer()], { ...made, ...more });
      const condition = { type: 'SignersHeard', status: 'False', reason: 'SignerKeyWrong', message, lastTransitionTime: '' } as const;
      return heard({ ...observed, network: { ...observed.network, status: { conditions: [condition] } } });
    };
    expect(after({})).toMatchObject([{ status: 'False', reason: 'SignerKeyWrong', message }]);
    expect(after({ unwell: '' })).toMatchObject([{ status: 'True', reason: 'SignersConnected' }]);
    expect(after({ unwell: 'signer: not connected' })).toMatchObject([{ status: 'False', reason: 'SignerSilent' }]);
  });
});
