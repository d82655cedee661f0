import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import type { Bytes } from '@civitas/canon';
import { PORTS } from '@civitas/deployment';
import { EngineFault } from './engine-fault.ts';
import type { EngineRpc } from './engine-rpc.ts';
import { SIGNER_MISSED_LOOKS_MAX } from './limits.ts';

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
 * Whether somebody's connection to a port of ours stands, read from the kernel's table (`/proc/net/tcp`, proc(5)).
 *
 * @param address IPv4 or IPv6, without a zone.
 */
export function hasConnection(table: string, address: string, port: number): boolean {
  const local = `${kernelAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').some((line) => {
    const [, at, , state] = line.trim().split(/\s+/);
    return at === local && state === ESTABLISHED;
  });
}

export interface SignerWatchOptions {
  /** Address of the pod, on which the engine waits for the signer. */
  readonly address: string;
  /** The key that it is to hold, standard base64 as the engine says it. */
  readonly publicKey: string;
  readonly rpc: Pick<EngineRpc, 'validatorKey'>;
  readonly readTable: ReadTable;
}

/** Looks at a signer of its own that dials the engine by TCP. CometBFT names neither a signer that is gone nor one that holds another key. */
export class SignerWatch {
  readonly #options: SignerWatchOptions;
  #missedLooks = 0;

  constructor(options: SignerWatchOptions) {
    this.#options = options;
  }

  /** No connection of a signer stood at the last looks: the engine does not start without, and does not vote. */
  get isSilent(): boolean {
    return this.#missedLooks >= SIGNER_MISSED_LOOKS_MAX;
  }

  async look(): Promise<void> {
    const { address, readTable } = this.#options;
    const table = await readTable(isIPv4(address) ? TABLES.v4 : TABLES.v6);
    this.#missedLooks = hasConnection(table, address, PORTS.signer) ? 0 : this.#missedLooks + 1;
  }

  /** The grant of this node is for one key alone, so an engine that signs with another one must end; undefined where it does not, or does not say. */
  async keyFault(): Promise<EngineFault | undefined> {
    const { rpc, publicKey } = this.#options;
    try {
      const key = await rpc.validatorKey();
      if (key === publicKey) return undefined;
      return new EngineFault('SIGNER_KEY', `the signer that dialled holds ${key}, this node is granted ${publicKey}`);
    } catch (error) {
      // It answers again or is gone, and both are seen.
      if (error instanceof EngineFault) return undefined;
      throw error;
    }
  }
}

/** @param publicKey that the signer is to hold; undefined where none dials. */
export function signerWatchOf(address: string, publicKey: Bytes | undefined, rpc: SignerWatchOptions['rpc']): SignerWatch | undefined {
  if (publicKey === undefined) return undefined;
  return new SignerWatch({ address, publicKey: Buffer.from(publicKey).toString('base64'), rpc, readTable: readKernelTable });
}
