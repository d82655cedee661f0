import type { JsonObject } from '@civitas/canon';
import { KNOWN_NAMES, nameOfContract } from '../../core/desired/domain-contracts.ts';
import { DECIDING_PROTOCOL } from '../../core/plan/access-policy-plan.ts';
import type { PackInstall } from '../../core/resources/pack-install.ts';

/** Contracts that a ledger was seen to run which it was not born with. What it has taken up it keeps. */
export interface TakenUp {
  readonly names: readonly string[];
  readonly readAtUnixMs: number;
}

export interface ContractsAsked {
  /** What earlier looks found, by genesis hash; written here. */
  readonly takenUp: Map<string, TakenUp>;
  readonly genesisHash: string;
  /** Contracts of its genesis, `name@vN`. */
  readonly born: readonly string[];
  /** Version of the rules that it executes. */
  readonly protocolVersion: number;
  /** Packs that it was asked to take up: their contracts may be newer than this release. */
  readonly packs: readonly PackInstall[];
  readonly nowUnixMs: number;
  /** How long an earlier look counts, ms. */
  readonly recheckMs: number;
  /** A record of the ledger by its key. */
  readonly find: (key: string) => Promise<JsonObject | undefined>;
}

/**
 * Names of the contracts that a ledger runs: of its genesis, and of packs that its founders took up since. Those have no list that could
 * be read, so every name that is known is asked for.
 *
 * @throws NodeRefusal or the gRPC error when the ledger cannot be asked.
 */
export async function contractNamesOf(asked: ContractsAsked): Promise<readonly string[]> {
  const { takenUp, genesisHash, protocolVersion, nowUnixMs, recheckMs } = asked;
  const born = asked.born.map(nameOfContract);
  const known = takenUp.get(genesisHash);
  const isDue = known === undefined || nowUnixMs - known.readAtUnixMs >= recheckMs;
  // Older rules know no such decision.
  if (!isDue || protocolVersion < DECIDING_PROTOCOL) return [...born, ...(known?.names ?? [])];
  const packed = asked.packs.flatMap(({ spec }) => spec.pack.contracts.map(nameOfContract));
  const names = [...new Set([...KNOWN_NAMES, ...packed])].filter((name) => !born.includes(name)).sort();
  const records = await Promise.all(names.map((name) => asked.find(`network.members/contracts/${name}`)));
  const found = names.filter((_, index) => records[index] !== undefined);
  takenUp.set(genesisHash, { names: found, readAtUnixMs: nowUnixMs });
  return [...born, ...found];
}
