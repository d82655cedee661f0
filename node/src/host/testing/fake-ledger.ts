import { accept, base64urlEncode, type JsonObject, keyIdOf, operationHash } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Genesis, GenesisOrganisation } from '@civitas/deployment';
import { encodeReceipt } from '@civitas/proofs';
import { Bundle } from '@civitas/proto/civitas/ledger/v1/operation';
import type { TestKeyPair } from '@civitas/testkit';
import type { CommittedBlock, LedgerHost, StoredReceipt } from '../ledger/ledger-host.ts';

const NO_LINKS_TOUCHED = { sent: [], answered: [] } as const;

/** A ledger in memory whose every operation succeeds: for tests of what stands before it. */
export interface FakeLedger extends LedgerHost {
  readonly records: Map<string, JsonObject>;
  readonly revoked: Set<string>;
  /** While set, bundles wait. */
  hold(): () => void;
  /** Bundles as they came. */
  readonly bundles: Bundle[];
}

export interface TestMember {
  readonly name: string;
  readonly roles: readonly string[];
  readonly keys: readonly { readonly pair: TestKeyPair; readonly use: 'operation' | 'approver' | 'relay' }[];
  readonly hpkePublicKey?: string;
}

export function aGenesis(chainId: string, members: readonly TestMember[], operationsPerSecond = 10_000): Genesis {
  const founders = members.map(
    ({ name, roles, keys, hpkePublicKey = '' }): GenesisOrganisation => ({
      name,
      displayName: { zh: name, en: name },
      roles,
      keys: keys.map(({ pair, use }) => ({ publicKey: base64urlEncode(pair.publicKey), use, label: 'test' })),
      hpkePublicKey,
      approvalPolicy: 'manual',
      founder: true,
    }),
  );
  return {
    schemaVersion: 1,
    chainId,
    genesisTimeUnixMs: 1,
    validators: [],
    appState: {
      city: 'jincheng',
      domain: 'health',
      cityClient: null,
      founders,
      approvalThreshold: 1,
      contracts: [],
      limits: { operationsPerSecondPerOrganisation: operationsPerSecond, linkPacketsPerMinute: 1000 },
    },
  };
}

function aBlock(height: number, receipts: readonly StoredReceipt[], blockBytes: number): CommittedBlock {
  const counts = { operationCount: receipts.length, successCount: receipts.length, blockBytes };
  const seconds = { execute: 0, persist: 0, total: 0 };
  return { height, timeUnixMs: height, root: new Uint8Array(32), receipts, ...counts, links: NO_LINKS_TOUCHED, seconds };
}

/** What a ledger without blocks, peers or an engine answers. */
const NOTHING_TO_SHOW = {
  snapshots: {
    heights: () => [],
    counts: () => ({ taken: 0, skipped: 0, 'no-room': 0, failed: 0 }),
    begin: () => accept(0),
    findManifest: () => undefined,
    findChunk: () => Promise.resolve(undefined),
    findBlockBytes: () => undefined,
    proposerPriorities: () => Promise.resolve(undefined),
  },
  validators: {
    all: () => [],
    quorum: () => ({ validatorCount: 0, totalPower: 0, neededPower: 1, failuresMax: 0 }),
    misbehaviour: () => [],
    misbehaviourCounts: () => ({ inSet: 0, removed: 0, unknown: 0 }),
  },
  links: { peers: () => [], outbox: () => [], failed: () => [] },
  proveReceipt: () => undefined,
  prove: () => undefined,
  lightBlock: () => undefined,
  blockSummary: () => undefined,
  refusalOfWork: () => undefined,
  readsPackedBundles: false,
  view: () => ({ ok: true, result: {} }),
  close: async () => undefined,
} satisfies Partial<LedgerHost>;

const WELL = {
  caughtUp: true,
  halted: false,
  unwell: '',
  engineVersion: '',
  engineRound: 0,
  proposer: '',
  awaiting: '',
  lacksFirstBlocks: false,
  protocol: { version: 1, next: undefined, newestVersion: 1 },
} as const;
const STATE_PAGES = { hits: 0, misses: 0, cachedBytes: 0 };

function readsOf(records: ReadonlyMap<string, JsonObject>): Pick<LedgerHost, 'read' | 'scan'> {
  return {
    read: (key) => records.get(key),
    scan: ({ prefix, after = '', limit }) => {
      const found = [...records].filter(([key]) => key.startsWith(prefix) && key > after).map(([key, record]) => ({ key, record }));
      return found.sort((left, right) => (left.key < right.key ? -1 : 1)).slice(0, limit);
    },
  };
}

export function aFakeLedger(genesis: Genesis): FakeLedger {
  const records = new Map<string, JsonObject>();
  const revoked = new Set<string>();
  const receipts = new Map<string, StoredReceipt>();
  const blocks: Uint8Array[] = [];
  const bundles: Bundle[] = [];
  const listeners = new Set<(block: CommittedBlock) => void>();
  const genesisHash = nodeCrypto.sha256(new TextEncoder().encode(genesis.chainId));
  const root = new Uint8Array(32);
  let held: Promise<void> = Promise.resolve();
  const keys = genesis.appState.founders.flatMap(({ name, keys: list }) =>
    list.map((key) => ({ organisation: name, key, keyId: keyIdOf(nodeCrypto.sha256, Buffer.from(key.publicKey, 'base64url')) })),
  );

  async function submit(bytes: Uint8Array): Promise<readonly StoredReceipt[]> {
    await held;
    const bundle = Bundle.decode(bytes);
    bundles.push(bundle);
    blocks.push(bytes);
    const height = blocks.length;
    const stored = bundle.operations.map(({ body }, index): StoredReceipt => {
      const hash = operationHash(nodeCrypto.sha256, body);
      const events = [{ contract: 'network.members', name: 'Tested', data: { index } }];
      return {
        height,
        index,
        operationHash: hash,
        bytes: encodeReceipt({ height, index, operation: hash, outcome: { ok: true, result: {} }, events }),
      };
    });
    for (const receipt of stored) receipts.set(base64urlEncode(receipt.operationHash), receipt);
    const block = aBlock(height, stored, bytes.length);
    for (const listener of listeners) listener(block);
    return stored;
  }

  return {
    records,
    revoked,
    bundles,
    genesis,
    genesisHash,
    hold: () => {
      let release: () => void = () => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
    status: () => ({
      chainId: genesis.chainId,
      engine: 'embedded',
      height: blocks.length,
      root,
      timeUnixMs: blocks.length,
      validatorCount: 1,
      peerCount: 0,
      signing: true,
      ...WELL,
      storeBytes: 0,
      statePages: STATE_PAGES,
    }),
    submit,
    findReceipt: (hash) => receipts.get(base64urlEncode(hash)),
    ...readsOf(records),
    blockBundles: async (height) => {
      const bytes = blocks[height - 1];
      return bytes === undefined ? undefined : [bytes];
    },
    ...NOTHING_TO_SHOW,
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    members: {
      findOrganisation: (name) => (revoked.has(name) ? undefined : genesis.appState.founders.find((founder) => founder.name === name)),
      findKey: (keyId) => {
        const known = keys.find((key) => key.keyId === keyId);
        return known === undefined ? undefined : { organisation: known.organisation, key: known.key, revoked: revoked.has(keyId) };
      },
      all: () => genesis.appState.founders,
      ...{ openProposals: () => [], installedContracts: () => [] },
    },
    verify: async () => ({ ok: true, root, recordCount: records.size, finding: '' }),
  };
}
