import { Agent, request } from 'node:http';
import { type Bytes, isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import { type Commit, type Header, VALIDATORS_MAX, type Validator } from '@civitas/proofs';
import { EngineFault } from './engine-fault.ts';
import { commitOf, headerOf, objectOf, prioritiesOf, transactionsOf, validatorsOf } from './engine-json.ts';
import { BROADCAST_TIMEOUT_MS, RPC_ANSWER_BYTES_MAX, RPC_CONNECTIONS_MAX, RPC_IDLE_MS, RPC_TIMEOUT_MS, VALIDATORS_PAGE } from './limits.ts';

/** What the engine said to a transaction that was offered. */
export type Offered = 'taken' | 'known' | 'full' | 'refused';

export interface EngineStatus {
  readonly version: string;
  readonly height: number;
  readonly isCatchingUp: boolean;
  /** Address that it votes under, lower-case hexadecimal; '' for one that has no vote. */
  readonly voter: string;
}

/** One round: who prevoted and who precommitted. */
export interface RoundOfVotes {
  /** As CometBFT prints bit arrays: `BA{4:xx__} …`. */
  readonly prevotes: string;
  readonly precommits: string;
  /** Their addresses, the first VOTER_CHARACTERS of lower-case hexadecimal: CometBFT prints no more. */
  readonly prevoters: readonly string[];
  readonly precommitters: readonly string[];
}

/** Votes of the height being decided. */
export interface RoundVotes {
  readonly height: number;
  readonly round: number;
  /** CometBFT's RoundStepType: 1 new height, 2 new round, 3 propose, 4 prevote, 5 prevote wait, 6 precommit, 8 commit. */
  readonly step: number;
  /** Whether it holds the block that was proposed or decided. */
  readonly hasBlock: boolean;
  /** Address of whose turn it is to propose, lower-case hexadecimal; '' where the engine does not say. */
  readonly proposer: string;
  /** In order, from round 0 on. */
  readonly rounds: readonly RoundOfVotes[];
}

/** How much of an address CometBFT prints with a vote, hexadecimal digits. */
export const VOTER_CHARACTERS = 12;
// As CometBFT says it of a height below its oldest block: a node that joined from a snapshot has none before it.
const BELOW_LOWEST = /is not available, lowest height is \d+/;
const VOTE = /^Vote\{\d+:([0-9A-F]{12}) /;

/** CometBFT's JSON-RPC on its unix socket, as far as a node asks it. Every answer is read field by field. */
export class EngineRpc {
  readonly #socketPath: string;
  readonly #agent: Agent;

  /** @param idleMs After which a connection that nobody uses is closed. */
  constructor(socketPath: string, idleMs = RPC_IDLE_MS) {
    this.#socketPath = socketPath;
    this.#agent = new Agent({ keepAlive: true, maxSockets: RPC_CONNECTIONS_MAX, timeout: idleMs });
  }

  /** @throws EngineFault when it does not say. */
  async offer(transaction: Bytes): Promise<Offered> {
    const bytes = Buffer.from(transaction.buffer, transaction.byteOffset, transaction.length);
    // A form, not JSON-RPC: the engine's JSON reader takes 40 µs for a kilobyte (measured), its form reader next to nothing.
    const body = `tx=0x${bytes.toString('hex')}`;
    const answer = await this.#ask({ method: 'POST', path: '/broadcast_tx_sync', body, timeoutMs: BROADCAST_TIMEOUT_MS });
    const said = errorText(answer);
    if (said !== undefined) {
      if (said.includes('already exists in cache')) return 'known';
      if (said.includes('mempool is full')) return 'full';
      throw new EngineFault('ENGINE_ANSWER', `offering a transaction: ${said}`);
    }
    return objectOf(answer, 'result')['code'] === 0 ? 'taken' : 'refused';
  }

  async status(): Promise<EngineStatus> {
    const result = await this.#get('/status');
    const [node, sync, validator] = [objectOf(result, 'node_info'), objectOf(result, 'sync_info'), objectOf(result, 'validator_info')];
    const hasVote = Number(validator['voting_power'] ?? 0) > 0;
    return {
      version: answerText(node, 'version'),
      height: Number(answerText(sync, 'latest_block_height')),
      isCatchingUp: sync['catching_up'] === true,
      voter: hasVote ? answerText(validator, 'address').toLowerCase() : '',
    };
  }

  /** Public key that the engine signs with, base64; asked by it of whoever holds the key when it started. */
  async validatorKey(): Promise<string> {
    const validator = objectOf(await this.#get('/status'), 'validator_info');
    return answerText(objectOf(validator, 'pub_key'), 'value');
  }

  /** Ids of the peers that are connected. */
  async peerIds(): Promise<readonly string[]> {
    const { peers } = await this.#get('/net_info');
    if (!Array.isArray(peers)) throw new EngineFault('ENGINE_ANSWER', 'peers is no list');
    return peers.filter(isJsonObject).map((peer) => answerText(objectOf(peer, 'node_info'), 'id'));
  }

  /** Has the engine begin to dial; the peers' own ids stand in their addresses `id@host:port`. */
  async dial(addresses: readonly string[]): Promise<void> {
    await this.#get(`/dial_peers?peers=${encodeURIComponent(JSON.stringify(addresses))}`);
  }

  async roundVotes(): Promise<RoundVotes> {
    const state = objectOf(await this.#get('/consensus_state'), 'round_state');
    const [height = 0, round = 0, step = 0] = answerText(state, 'height/round/step').split('/').map(Number);
    const rounds = Array.isArray(state['height_vote_set']) ? state['height_vote_set'].filter(isJsonObject) : [];
    const proposer = isJsonObject(state['proposer']) ? state['proposer']['address'] : undefined;
    return {
      height,
      round,
      step,
      hasBlock: typeof state['proposal_block_hash'] === 'string' && state['proposal_block_hash'] !== '',
      proposer: typeof proposer === 'string' ? proposer.toLowerCase() : '',
      rounds: rounds.map((votes) => ({
        prevotes: answerText(votes, 'prevotes_bit_array'),
        precommits: answerText(votes, 'precommits_bit_array'),
        prevoters: votersOf(votes['prevotes']),
        precommitters: votersOf(votes['precommits']),
      })),
    };
  }

  /** Heights that the peers decide, as they told; a peer that has told none is left out. */
  async peerHeights(): Promise<readonly number[]> {
    const { peers } = await this.#get('/dump_consensus_state');
    if (!Array.isArray(peers)) throw new EngineFault('ENGINE_ANSWER', 'peers is no list');
    return peers.filter(isJsonObject).map((peer) => {
      const height = Number(answerText(objectOf(objectOf(peer, 'peer_state'), 'round_state'), 'height'));
      if (!Number.isSafeInteger(height)) throw new EngineFault('ENGINE_ANSWER', 'a height of a peer is no number');
      return height;
    });
  }

  async signedHeader(height: number): Promise<{ header: Header; commit: Commit }> {
    const signed = objectOf(await this.#get(`/commit?height=${height}`), 'signed_header');
    return { header: headerOf(objectOf(signed, 'header')), commit: commitOf(objectOf(signed, 'commit')) };
  }

  /** The set of a height, in the set's own order. */
  async validators(height: number): Promise<readonly Validator[]> {
    const validators: Validator[] = [];
    for (let page = 1; ; page++) {
      const result = await this.#get(`/validators?height=${height}&page=${page}&per_page=${VALIDATORS_PAGE}`);
      validators.push(...validatorsOf(result['validators']));
      const total = Number(answerText(result, 'total'));
      if (!(total <= VALIDATORS_MAX)) throw new EngineFault('ENGINE_ANSWER', `${total} validators at ${height}`);
      if (validators.length >= total) return validators;
      if (page * VALIDATORS_PAGE >= total) throw new EngineFault('ENGINE_ANSWER', `${validators.length} of ${total} validators`);
    }
  }

  /** Where each validator of a height's set stands in the rotation of proposers, in the set's own order. */
  async proposerPriorities(height: number): Promise<{ address: Bytes; priority: bigint }[]> {
    const result = await this.#get(`/validators?height=${height}&page=1&per_page=${VALIDATORS_PAGE}`);
    return prioritiesOf(result['validators']);
  }

  /** Transactions of a block; undefined when the engine does not have it, or not any more. */
  async transactions(height: number): Promise<readonly Bytes[] | undefined> {
    const path = `/block?height=${height}`;
    const answer = await this.#ask({ method: 'GET', path, body: '', timeoutMs: RPC_TIMEOUT_MS });
    if (BELOW_LOWEST.test(errorText(answer) ?? '')) return undefined;
    const { block } = resultOf(path, answer);
    return isJsonObject(block) ? transactionsOf(objectOf(block, 'data')['txs']) : undefined;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #get(path: string): Promise<JsonObject> {
    return resultOf(path, await this.#ask({ method: 'GET', path, body: '', timeoutMs: RPC_TIMEOUT_MS }));
  }

  #ask({ method, path, body, timeoutMs }: { method: string; path: string; body: string; timeoutMs: number }): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      const silent = (cause: unknown): void =>
        reject(new EngineFault('ENGINE_SILENT', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }));
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) };
      const deadline = AbortSignal.timeout(timeoutMs);
      const call = request({ socketPath: this.#socketPath, method, path, agent: this.#agent, headers, signal: deadline }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > RPC_ANSWER_BYTES_MAX) call.destroy(new Error(`more than ${RPC_ANSWER_BYTES_MAX} bytes`));
        });
        response.on('error', silent);
        response.on('end', () => {
          const answer = parseAnswer(Buffer.concat(chunks).toString('utf8'));
          if (answer === undefined) reject(new EngineFault('ENGINE_ANSWER', `${path}: no JSON object`));
          else resolve(answer);
        });
      });
      call.on('error', silent);
      call.end(body);
    });
  }
}

/** What an answer says that is an error; undefined for any other. */
function errorText({ error }: JsonObject): string | undefined {
  return isJsonObject(error) ? `${String(error['message'])}: ${String(error['data'])}` : undefined;
}

function resultOf(path: string, answer: JsonObject): JsonObject {
  const said = errorText(answer);
  if (said !== undefined) throw new EngineFault('ENGINE_ANSWER', `${path}: ${said}`);
  return objectOf(answer, 'result');
}

function parseAnswer(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of votes as CometBFT prints them; one that is missing is printed as `nil-Vote`. */
function votersOf(votes: Json | undefined): readonly string[] {
  const printed = Array.isArray(votes) ? votes : [];
  return printed.flatMap((vote) => (typeof vote === 'string' ? (VOTE.exec(vote)?.[1]?.toLowerCase() ?? []) : []));
}

function answerText(of: JsonObject, field: string): string {
  const value = of[field];
  if (typeof value !== 'string') throw new EngineFault('ENGINE_ANSWER', `${field} is no text`);
  return value;
}
