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

export interface PeersSourceOptions {
  readonly path: string;
  /** Nodes that must be named, this one included, before the engine can start. */
  readonly nodes: readonly string[];
  /** Told once for each document that is refused. */
  readonly onRefused: (code: string) => void;
  readonly signal: AbortSignal;
}

/** Every node of the network in the document's order, once `peers.json` names them all. @throws the signal's reason when aborted. */
export async function awaitPeers({ path, nodes, onRefused, signal }: PeersSourceOptions): Promise<PeersDocument['peers']> {
  let refused = '';
  for (;;) {
    signal.throwIfAborted();
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const parsed = text === '' || text === refused ? undefined : parsePeers(text);
    if (parsed?.ok) {
      const { peers } = parsed.value;
      if (nodes.every((node) => peers.some((peer) => peer.node === node))) return peers;
    } else if (parsed !== undefined) {
      refused = text;
      onRefused(parsed.refusal.code);
    }
    await pause(FILE_POLL_MS, undefined, { signal });
  }
}
