import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import type { LightBlock } from '@civitas/proofs';
import type { SnapshotLog } from './ledger-snapshots.ts';
import { commitResult, validatorsResult } from './light-json.ts';
import { LIGHT_RPC_AHEAD_MAX, LIGHT_RPC_BODY_BYTES_MAX, LIGHT_RPC_POLL_MS, LIGHT_RPC_WAIT_MS } from './limits.ts';
import type { ProposerPriority } from './snapshot-source.ts';

export interface LightRpcOptions {
  /** Verified from the genesis on; 0 for the newest. Rejects when no peer has it (yet). */
  readonly certifiedLightBlock: (height: number) => Promise<LightBlock>;
  /** Of the highest header that verifies. */
  readonly highestHeight: () => Promise<number>;
  readonly priorities: (block: LightBlock) => Promise<readonly ProposerPriority[]>;
  /** `consensus_params` of the engine's genesis, which no block of ours ever changes. */
  readonly consensusParams: JsonObject;
  readonly log: SnapshotLog;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LIGHT_RPC_BODY_BYTES_MAX) request.destroy(new Error('body too large'));
      chunks.push(chunk);
    });
    request.on('error', reject);
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

function heightOf(params: Json | undefined): number {
  const height = isJsonObject(params) ? params['height'] : undefined;
  return typeof height === 'string' && /^\d{1,15}$/.test(height) ? Number(height) : 0;
}

/** The part of CometBFT's RPC that its state sync asks for, answered from headers we have verified. */
export class LightRpc {
  readonly #options: LightRpcOptions;
  readonly #servers: Server[] = [];

  constructor(options: LightRpcOptions) {
    this.#options = options;
  }

  /** @throws when a socket cannot be listened on. */
  async listen(socketPaths: readonly string[]): Promise<void> {
    for (const path of socketPaths) {
      rmSync(path, { force: true });
      const server = createServer((request, response) => {
        this.#answer(request)
          .then((answer) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)))
          .catch(() => response.destroy());
      });
      this.#servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
    }
  }

  /** Answers one call of the engine. */
  async call(method: string, params: Json | undefined): Promise<JsonObject> {
    const block = await this.#blockAt(heightOf(params));
    switch (method) {
      case 'commit':
        return commitResult(block);
      case 'validators':
        return validatorsResult(block, await this.#options.priorities(block));
      case 'consensus_params':
        return { block_height: String(block.header.height), consensus_params: this.#options.consensusParams };
      default:
        throw new Error(`method ${method} is not served here`);
    }
  }

  /**
   * The engine wants the two headers after a snapshot, which an idle network makes within seconds; one far ahead is a peer's invention.
   *
   * @throws with CometBFT's own words, which keep its light client from giving this server up.
   */
  async #blockAt(height: number): Promise<LightBlock> {
    const endMs = performance.now() + LIGHT_RPC_WAIT_MS;
    for (;;) {
      try {
        return await this.#options.certifiedLightBlock(height);
      } catch (error) {
        const highest = await this.#options.highestHeight();
        if (height > highest + LIGHT_RPC_AHEAD_MAX)
          throw new Error(`height ${height} must be less than or equal to the current blockchain height ${highest}`, { cause: error });
        if (performance.now() > endMs) throw new Error(`height ${height} is not available: ${String(error)}`, { cause: error });
        await sleep(LIGHT_RPC_POLL_MS);
      }
    }
  }

  async #answer(request: IncomingMessage): Promise<JsonObject> {
    const call: Json = JSON.parse(await bodyOf(request));
    if (!isJsonObject(call)) throw new Error('no call');
    const shared = { jsonrpc: '2.0', id: call['id'] ?? null };
    try {
      return { ...shared, result: await this.call(String(call['method']), call['params']) };
    } catch (error) {
      const data = error instanceof Error ? error.message : String(error);
      this.#options.log.warn?.('light-rpc-refused', { method: String(call['method']), reason: data });
      return { ...shared, error: { code: -32_603, message: 'Internal error', data } };
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  }
}
