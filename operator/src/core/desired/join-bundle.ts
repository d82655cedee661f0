import { canonicalString, type Json, type JsonObject } from '@civitas/canon';
import { type PeerDocument, PORTS, spiffe } from '@civitas/deployment';
import type { ExternalAddress, ExternalMember } from '../resources/external-member.ts';
import { API_VERSION } from '../resources/kind.ts';
import type { ObjectMeta } from '../resources/object.ts';
import { LABELS, MANAGED_BY, networkNameOf } from './names.ts';
import type { Manifest } from './render.ts';

/** ConfigMap with what an external node needs; nothing in it is secret. */
export const joinBundleName = (node: string): string => `join-${node}`;

export interface JoinBundle {
  readonly network: ObjectMeta;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly genesisText: string;
  readonly member: ExternalMember;
  readonly peers: readonly PeerDocument[];
  readonly authorityPem: string;
  /** Its certificate, PEM; '' while it has handed in no request. */
  readonly certificatePem: string;
}

/** Name in the certificate of an external node. */
export function externalSubject(chainId: string, { organisation, node }: ExternalMember): string {
  return spiffe.node(chainId, organisation, node);
}

/** Our nodes as somebody outside dials them; those without an outside address keep that of the cluster. */
export function outsidePeers(peers: readonly PeerDocument[], addresses: readonly ExternalAddress[]): readonly PeerDocument[] {
  return peers.map((peer) => {
    const outside = addresses.find(({ node }) => node === peer.node);
    return outside === undefined ? peer : { ...peer, host: outside.host, p2pPort: outside.p2pPort ?? peer.p2pPort };
  });
}

/** External nodes that are dialled, as our own engines are told of them. */
export function externalPeers(members: readonly ExternalMember[]): readonly PeerDocument[] {
  return members.flatMap(({ node, nodeId, host, p2pPort }): PeerDocument[] =>
    nodeId === undefined || host === undefined ? [] : [{ node, nodeId, host, p2pPort: p2pPort ?? PORTS.p2p, grpcPort: PORTS.grpc }],
  );
}

/** The change that members decide on when the node is to vote; undefined for an observer, or before its key is known. */
export function joinProposal({ role, node, organisation, consensusPublicKey }: ExternalMember): JsonObject | undefined {
  if (role !== 'validator' || consensusPublicKey === undefined) return undefined;
  return { kind: 'addValidator', publicKey: consensusPublicKey, node, organisation };
}

export function joinBundleObject(bundle: JoinBundle): Manifest {
  const { network, chainId, genesisHash, member, peers, certificatePem } = bundle;
  const id = networkNameOf(network);
  const proposal = joinProposal(member);
  const document = {
    schemaVersion: 1,
    network: id.name,
    chainId,
    genesisHash,
    node: member.node,
    organisation: member.organisation,
    role: member.role,
    subject: externalSubject(chainId, member),
    ...(proposal === undefined ? {} : { proposal }),
  };
  const text = (value: object): string => canonicalString(value as Json);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: joinBundleName(member.node),
      namespace: id.namespace,
      labels: { ...MANAGED_BY, [LABELS.network]: id.name },
      ownerReferences: [
        { apiVersion: API_VERSION, kind: 'LedgerNetwork', name: id.name, uid: network.uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    data: {
      'join.json': text(document),
      'genesis.json': bundle.genesisText,
      'peers.json': text({ schemaVersion: 1, peers }),
      'ca.crt': bundle.authorityPem,
      ...(certificatePem === '' ? {} : { 'node.crt': certificatePem }),
      'README.txt': readme(bundle),
    },
  };
}

function readme({ network, chainId, genesisHash, member, peers, certificatePem }: JoinBundle): string {
  const { node, organisation, role } = member;
  const request = `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout node.key -subj /CN=${node} -out node.csr`;
  const lines = [
    `${organisation} joins chain ${chainId} with node ${node} as ${role}.`,
    '',
    `1. Check the genesis: SHA-256 of genesis.json, base64url, is ${genesisHash}. Compare it with what another member tells you.`,
    certificatePem === ''
      ? `2. Make a key for TLS (${request}) and hand node.csr in: spec.externalMembers[].csr of LedgerNetwork ${network.name}.`
      : '2. node.crt is the certificate for your key; ca.crt is whom you trust.',
    `3. Start the node with genesis.json and peers.json (${peers.length} peers). It follows without voting.`,
    '4. Hand in the consensus key and the node id that it reports: consensusPublicKey, nodeId and host of the same entry.',
    role === 'validator'
      ? '5. Once it has caught up, a ValidatorChange of type Add with its key is proposed; the founders of the ledger approve it.'
      : '5. It follows as an observer. There is no proposal for that.',
  ];
  return `${lines.join('\n')}\n`;
}
