import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { Bytes } from '@civitas/canon';
import { PORTS } from '@civitas/deployment';
import { type CommitSig, FLAG_ABSENT } from '@civitas/proofs';
import { writeFileAtomically } from '../../keys/write-file-atomically.ts';
import { EngineFault } from './engine-fault.ts';
import type { EngineRpc, EngineStatus } from './engine-rpc.ts';
import { SIGNER_MISSED_LOOKS_MAX, SIGNER_UNPROVEN_BLOCKS_MAX } from './limits.ts';

/** State of a connection that stands, as the kernel numbers it. */
const ESTABLISHED = '01';
/** The kernel's tables of connections; those of this pod, whichever container they belong to. */
const TABLES = { v4: '/proc/net/tcp', v6: '/proc/net/tcp6' } as const;

/** Reads one of the kernel's tables; '' where there is none. */
export type ReadTable = (path: string) => Promise<string>;

export const readKernelTable: ReadTable = (path) => readFile(path, 'utf8').catch(() => '');

/** The 16-bit words of an IPv6 address; `::` stands for as many zeros as are missing. */
function wordsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const words = (part: string): number[] => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  if (tail === undefined) return words(head);
  const [left, right] = [words(head), words(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** An address as the kernel prints it: groups of four bytes, each the other way round on the machines that we run on. */
function kernelAddress(address: string): string {
  const bytes = isIPv4(address) ? address.split('.').map(Number) : wordsOf(address).flatMap((word) => [word >> 8, word & 0xff]);
  return Buffer.from(bytes).swap32().toString('hex').toUpperCase();
}

/**
 * From where somebody's connections to a port of ours stand, as the kernel's table says it (`/proc/net/tcp`, proc(5)).
 *
 * @param address IPv4 or IPv6, without a zone.
 */
export function connectionsTo(table: string, address: string, port: number): readonly string[] {
  const local = `${kernelAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const [, at, from = '', state] = line.trim().split(/\s+/);
    return at === local && state === ESTABLISHED ? [from] : [];
  });
}

/** What the engine's start found of another key, for the next life: CometBFT asks once, as it starts. */
const WRONG_KEY = 'signer-key';

export interface SignerWatchOptions {
  /** Folder of the engine. */
  readonly home: string;
  /** Address of the pod, on which the engine waits for the signer. */
  readonly address: string;
  /** The key that it is to hold, standard base64 as the engine says it. */
  readonly publicKey: string;
  readonly rpc: Pick<EngineRpc, 'validatorKey'> & {
    signedHeader(
      height: number,
    ): Promise<{ readonly commit: { readonly signatures: readonly Pick<CommitSig, 'flag' | 'validatorAddress'>[] } }>;
  };
  readonly readTable: ReadTable;
}

/** Blocks that a signer which dialled anew has let pass. */
interface Unproven {
  readonly missedBlocks: number;
  readonly height: number;
}

/**
 * Looks at a signer of its own that dials the engine by TCP. CometBFT names neither a signer that is gone nor one that holds another key; it
 * asks for the key as it starts, and takes up whatever the next one to dial holds without a word. So one that dials anew has to sign a block
 * under this node's key soon, or the engine starts again and asks.
 */
export class SignerWatch {
  readonly #options: SignerWatchOptions;
  readonly #wrongKeyPath: string;
  #wrongKey: string;
  #missedLooks = 0;
  /** The connection whose key is known: the engine started with it, or its signature was seen. */
  #known: string | undefined;
  #unproven: Unproven | undefined;

  constructor(options: SignerWatchOptions) {
    this.#options = options;
    this.#wrongKeyPath = join(options.home, WRONG_KEY);
    this.#wrongKey = existsSync(this.#wrongKeyPath) ? readFileSync(this.#wrongKeyPath, 'utf8') : '';
  }

  /** No connection of a signer stood at the last looks: the engine does not start without, and does not vote. */
  get isSilent(): boolean {
    return this.#missedLooks >= SIGNER_MISSED_LOOKS_MAX;
  }

  /** What is wrong with whoever dials, until the engine has started with the right key; '' for nothing. */
  get unwell(): string {
    if (this.#wrongKey !== '') return `signer: ${this.#wrongKey}`;
    return this.isSilent ? 'signer: not connected' : '';
  }

  async look(): Promise<void> {
    const { address, readTable } = this.#options;
    const connections = connectionsTo(await readTable(isIPv4(address) ? TABLES.v4 : TABLES.v6), address, PORTS.signer);
    this.#missedLooks = connections.length > 0 ? 0 : this.#missedLooks + 1;
    const [first] = connections;
    if (first === undefined || (this.#known !== undefined && connections.includes(this.#known))) return;
    if (this.#known !== undefined) this.#unproven = { missedBlocks: 0, height: 0 };
    this.#known = first;
  }

  /**
   * Looks for this node's signature in the newest block, where a signer dialled anew. Nothing is asked of one that does not vote or catches up.
   *
   * @throws EngineFault when the engine cannot be asked.
   */
  async proof({ voter, height, isCatchingUp }: Pick<EngineStatus, 'voter' | 'height' | 'isCatchingUp'>): Promise<EngineFault | undefined> {
    const unproven = this.#unproven;
    if (unproven === undefined || voter === '' || isCatchingUp || height <= unproven.height) return undefined;
    const { commit } = await this.#options.rpc.signedHeader(height);
    const isOurs = commit.signatures.some(
      ({ flag, validatorAddress }) => flag !== FLAG_ABSENT && Buffer.from(validatorAddress).toString('hex') === voter,
    );
    const missedBlocks = unproven.missedBlocks + 1;
    this.#unproven = isOurs ? undefined : { missedBlocks, height };
    if (isOurs || missedBlocks < SIGNER_UNPROVEN_BLOCKS_MAX) return undefined;
    return new EngineFault('SIGNER_UNPROVEN', `a signer dialled anew, and ${missedBlocks} blocks have no signature of this node since`);
  }

  /** The grant of this node is for one key alone, so an engine that signs with another one must end; undefined where it does not, or does not say. */
  async keyFault(): Promise<EngineFault | undefined> {
    const { rpc, publicKey } = this.#options;
    try {
      const key = await rpc.validatorKey();
      if (key === publicKey) {
        this.#wrongKey = '';
        rmSync(this.#wrongKeyPath, { force: true });
        return undefined;
      }
      const why = `the signer that dialled holds ${key}, this node is granted ${publicKey}`;
      this.#wrongKey = why;
      writeFileAtomically(this.#wrongKeyPath, Buffer.from(why));
      return new EngineFault('SIGNER_KEY', why);
    } catch (error) {
      // It answers again or is gone, and both are seen.
      if (error instanceof EngineFault) return undefined;
      throw error;
    }
  }
}

/** @param publicKey that the signer is to hold; undefined where none dials. */
export function signerWatchOf(
  { home, address }: Pick<SignerWatchOptions, 'home' | 'address'>,
  publicKey: Bytes | undefined,
  rpc: SignerWatchOptions['rpc'],
): SignerWatch | undefined {
  if (publicKey === undefined) return undefined;
  return new SignerWatch({ home, address, publicKey: Buffer.from(publicKey).toString('base64'), rpc, readTable: readKernelTable });
}
