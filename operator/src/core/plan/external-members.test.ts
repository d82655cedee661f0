import { base64urlEncode, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { externalPeers, joinBundleObject, outsidePeers } from '../desired/join-bundle.ts';
import type { ExternalMember } from '../resources/external-member.ts';
import { aKey, aNetwork } from '../testing/builders.ts';
import { externalStatus, type ObservedExternal } from './external-members.ts';

const PEER = { node: 'city-0', nodeId: 'a'.repeat(40), host: '10.0.0.1', p2pPort: 26_656, grpcPort: 7070 };

const aMember = (facts: Partial<ExternalMember> = {}): ExternalMember => ({
  node: 'port-0',
  organisation: 'port',
  role: 'validator',
  ...facts,
});

function said(member: Partial<ExternalMember>, facts: Partial<ObservedExternal> = {}) {
  const base = { ownNodes: ['city-0'], organisations: ['port'], isBorn: true, hasPeers: true, csrProblem: '', standings: [] };
  return externalStatus({ ...base, member: aMember(member), ...facts }, 'join-port-0');
}

const KEY = aKey(90);
const CSR = '-----BEGIN CERTIFICATE REQUEST-----';
const standing = (word: 'active' | 'joining' | 'removed') => [{ publicKey: KEY, node: 'port-0', standing: word }];

describe('an external member', () => {
  test.each<readonly [string, string, Partial<ExternalMember>, Partial<ObservedExternal>]>([
    ['Waiting', 'city-0 is a node of this network', { node: 'city-0' }, {}],
    ['Waiting', 'port takes no part in this network', {}, { organisations: [] }],
    ['Waiting', 'has no genesis yet', {}, { isBorn: false }],
    ['Waiting', 'how their engines are called', {}, { hasPeers: false }],
    ['BundleReady', 'waits for its request', {}, {}],
    ['BundleReady', 'its request was refused: no PKCS#10', { csr: CSR }, { csrProblem: 'no PKCS#10' }],
    ['BundleReady', 'it may follow', { csr: CSR, role: 'observer' }, {}],
    ['BundleReady', 'waits for its consensusPublicKey', { csr: CSR }, {}],
    ['BundleReady', 'a ValidatorChange of type Add proposes it', { csr: CSR, consensusPublicKey: KEY }, {}],
    ['Joining', 'two blocks after its approval', { consensusPublicKey: KEY }, { standings: standing('joining') }],
    ['Validator', 'its key is active in the set', { consensusPublicKey: KEY }, { standings: standing('active') }],
    ['Removed', 'the members removed its key', { consensusPublicKey: KEY }, { standings: standing('removed') }],
  ])('is %s: %s', (state, message, member, facts) => {
    const made = said(member, facts);
    expect([made.state, made.message]).toEqual([state, expect.stringContaining(message)]);
    expect(made.bundle).toBe(state === 'Waiting' ? undefined : 'join-port-0');
  });

  test('is dialled by our engines once it says where, and dials ours where they are reached from outside', () => {
    expect(externalPeers([aMember()])).toEqual([]);
    expect(externalPeers([aMember({ nodeId: 'b'.repeat(40), host: 'port.example' })])).toEqual([
      { node: 'port-0', nodeId: 'b'.repeat(40), host: 'port.example', p2pPort: 26_656, grpcPort: 7070 },
    ]);
    expect(outsidePeers([PEER], [{ node: 'city-0', host: 'city.example', p2pPort: 443 }])[0]).toEqual({
      ...PEER,
      host: 'city.example',
      p2pPort: 443,
    });
    expect(outsidePeers([PEER], [])).toEqual([PEER]);
  });

  test('gets genesis, peers, authority, certificate and the proposal in one ConfigMap, and no secret', () => {
    const genesisText = '{"chainId":"jincheng-city-1"}';
    const genesisHash = base64urlEncode(nodeCrypto.sha256(utf8Encode(genesisText)));
    const { metadata } = aNetwork();
    const bundle = {
      network: metadata,
      chainId: 'jincheng-city-1',
      genesisHash,
      genesisText,
      peers: [PEER],
      authorityPem: 'CA',
      certificatePem: 'CRT',
    };
    const manifest = joinBundleObject({ ...bundle, member: aMember({ csr: CSR, consensusPublicKey: KEY }) });
    const data = manifest['data'] as Readonly<Record<string, string>>;
    expect(Object.keys(data).sort()).toEqual(['README.txt', 'ca.crt', 'genesis.json', 'join.json', 'node.crt', 'peers.json']);
    expect(JSON.parse(data['join.json'] ?? '')).toEqual({
      ...{
        schemaVersion: 1,
        network: 'city',
        chainId: 'jincheng-city-1',
        genesisHash,
        node: 'port-0',
        organisation: 'port',
        role: 'validator',
      },
      subject: expect.stringContaining('port-0'),
      proposal: { kind: 'addValidator', publicKey: KEY, node: 'port-0', organisation: 'port' },
    });
    expect(data['README.txt']).toContain(`base64url, is ${genesisHash}`);
    expect(joinBundleObject({ ...bundle, certificatePem: '', member: aMember() })['data']).not.toHaveProperty(['node.crt']);
  });
});
