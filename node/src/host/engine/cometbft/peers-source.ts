import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { accept, type Result, refuse } from '@civitas/canon';
import { PEERS_MAX, type PeersDocument } from '@civitas/deployment';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { FILE_POLL_MS, PEERS_CHARACTERS_MAX } from './limits.ts';

const closed = { additionalProperties: false };
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const PeersSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    peers: Type.Array(
      Type.Object(
        {
          node: Type.String({ pattern: '^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$' }),
          nodeId: Type.String({ pattern: '^[0-9a-f]{40}$' }),
          host: Type.String({ pattern: '^[A-Za-z0-9.-]{1,253}$' }),
          p2pPort: Port,
          grpcPort: Port,
        },
        closed,
      ),
      { maxItems: PEERS_MAX },
    ),
  },
  closed,
);

/** Reads `peers.json`; PEERS_INVALID{field, expected} names the first field that is wrong. */
export function parsePeers(text: string): Result<PeersDocument> {
  if (text.length > PEERS_CHARACTERS_MAX) return refuse('PEERS_INVALID', { expected: `at most ${PEERS_CHARACTERS_MAX} characters` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('PEERS_INVALID', { expected: 'JSON' });
  }
  const [first] = [...Value.Errors(PeersSchema, value)];
  if (first !== undefined) return refuse('PEERS_INVALID', { field: first.path || '/', expected: first.message });
  return accept(value as PeersDocument);
}

/**
 * Whom `peers.json` must name before an engine starts; undefined for one that waits for nobody. Founders must all know each other before the
 * first block. Later the document alone says who there is: founders may have been removed, others may have come.
 */
export function awaitedNodes(node: {
  readonly name: string;
  /** Validators of the genesis. */
  readonly founders: readonly string[];
  /** Of its last block, 0 before the first. */
  readonly height: number;
  /** Whether it starts from what its peers have. */
  readonly isJoining: boolean;
}): readonly string[] | undefined {
  const { name, founders, height, isJoining } = node;
  if (isJoining || !founders.includes(name)) return [];
  if (founders.length === 1) return undefined;
  return height === 0 ? founders : [];
}

export interface PeersSourceOptions {
  readonly path: string;
  /** Asked at each call: nodes that must be named, this one included; undefined while it waits for nobody, nor for a document. */
  readonly awaited: () => readonly string[] | undefined;
  /** Told once for each document that is refused. */
  readonly onRefused: (code: string) => void;
}

/** Gives every node of the network in the document's order, once `peers.json` names whom it must. @throws the signal's reason when aborted. */
export type AwaitPeers = (signal: AbortSignal) => Promise<PeersDocument['peers']>;

export function peersSource({ path, awaited, onRefused }: PeersSourceOptions): AwaitPeers {
  let refused = '';

  function readPeers(): PeersDocument['peers'] | undefined {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (text === '' || text === refused) return undefined;
    const parsed = parsePeers(text);
    if (parsed.ok) return parsed.value.peers;
    refused = text;
    onRefused(parsed.refusal.code);
    return undefined;
  }

  return async (signal) => {
    signal.throwIfAborted();
    const nodes = awaited();
    for (;;) {
      const peers = readPeers();
      if (nodes === undefined) return peers ?? [];
      if (peers !== undefined && nodes.every((node) => peers.some((peer) => peer.node === node))) return peers;
      await pause(FILE_POLL_MS, undefined, { signal });
    }
  };
}
