import { canonicalString, type Json } from '@civitas/canon';
import type { ObjectMeta } from '../resources/object.ts';
import { genesisRecordName, MANAGED_BY, type NetworkName, networkNameOf, SYSTEM_NAMESPACE } from './names.ts';
import type { Manifest } from './render.ts';

/** On a tombstone: the chain that ended, and what became of its data. */
export const TOMBSTONE_LABELS = { chain: 'civitas.dev/ended-chain', data: 'civitas.dev/ended-data' } as const;

/** On a network or link that is being deleted: its own chain id (a link: its own name), so that it cannot be set by mistake. */
export const FORCE_REMOVAL = 'civitas.dev/force-removal';
/** On a network before it is deleted: who asked for it. The API server does not tell an operator. */
export const REQUESTED_BY = 'civitas.dev/requested-by';

/** What the nodes said last. */
export interface ClosingFacts {
  /** Last committed height and the state root after it; of the status where no node answered. */
  readonly height: number;
  /** base64url. */
  readonly root: string;
  /** Node that said so; '' where none answered. */
  readonly node: string;
  /** Header that proves a root at or before that height, with its commit and validators (CometBFT encoding), base64url; '' without. */
  readonly lightBlock: string;
  readonly lightBlockHeight: number;
}

export interface TombstoneInput {
  readonly metadata: ObjectMeta;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly genesisText: string;
  readonly engine: 'embedded' | 'cometbft';
  readonly closing: ClosingFacts;
  readonly removedAtUnixMs: number;
  readonly policy: { readonly data: 'Retain' | 'Delete'; readonly keys: 'Retain' | 'Delete'; readonly backups: 'Retain' | 'Delete' };
  /** Why links were not waited for; '' when they were. */
  readonly forced: string;
  /** Links that still carried something when they were given up. */
  readonly abandoned: readonly { readonly name: string; readonly inFlight: number }[];
  readonly volumes: readonly string[];
}

/** One for each deletion: a network that was kept and taken up again can end again. */
export function tombstoneName({ namespace, name }: NetworkName, uid: string): string {
  return `tombstone.${namespace}.${name}.${uid.slice(0, 8)}`;
}

/** The record of a network that was removed, with the genesis and the header that prove what it said last. It is never changed. */
export function tombstoneObject(input: TombstoneInput): Manifest {
  const { metadata, chainId, genesisHash, engine, closing, policy } = input;
  const id = networkNameOf(metadata);
  const document = {
    schemaVersion: 1,
    network: id.name,
    namespace: id.namespace,
    uid: metadata.uid,
    chainId,
    genesisHash,
    engine,
    height: closing.height,
    root: closing.root,
    toldBy: closing.node,
    lightBlock: closing.lightBlock,
    lightBlockHeight: closing.lightBlockHeight,
    removedAtUnixMs: input.removedAtUnixMs,
    requestedBy: metadata.annotations?.[REQUESTED_BY] ?? '',
    policy: { ...policy },
    forced: input.forced,
    abandoned: input.abandoned.map(({ name, inFlight }) => ({ name, inFlight })),
    volumes: [...input.volumes],
    genesisRecord: policy.data === 'Retain' ? `${SYSTEM_NAMESPACE}/${genesisRecordName(id)}` : '',
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: tombstoneName(id, metadata.uid),
      namespace: SYSTEM_NAMESPACE,
      labels: { ...MANAGED_BY, [TOMBSTONE_LABELS.chain]: chainId, [TOMBSTONE_LABELS.data]: policy.data },
    },
    immutable: true,
    data: { 'tombstone.json': canonicalString(document as object as Json), 'genesis.json': input.genesisText },
  };
}
