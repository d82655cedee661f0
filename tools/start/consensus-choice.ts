import { existsSync } from 'node:fs';
import type { EngineTools } from '../engine/engine-tools.ts';
import type { Manifest } from './manifests.ts';
import type { StartOptions } from './options.ts';
import { StartRefused } from './start-refused.ts';

/** What orders the operations of the sample's networks. Chosen at the first start of a home, for good. */
export type ConsensusChoice =
  | { readonly engine: 'embedded' }
  | {
      readonly engine: 'cometbft';
      readonly validators: number;
      /** Names of the networks that run on it; the others are embedded. Null: all of them. */
      readonly networks: readonly string[] | null;
    };

/** What a home remembers of its first start. */
interface Birth {
  readonly sampleAppliedAt: string | null;
  /** A home of the first release has none and is embedded. */
  readonly consensus?: ConsensusChoice;
}

/** Networks survive one fault with so many. */
const VALIDATORS_DEFAULT = 4;

/**
 * The choice in force for this start.
 *
 * @throws StartRefused ENGINE_CHOSEN when the home was born with another one, BAD_ARGUMENT for a network that the sample does not have.
 */
export function consensusChoice(options: StartOptions, record: Birth, sample: readonly Manifest[]): ConsensusChoice {
  const asked = askedFor(options, sample);
  if (record.sampleAppliedAt === null) return asked ?? { engine: 'embedded' };
  const held = record.consensus ?? { engine: 'embedded' };
  if (asked === undefined || JSON.stringify(asked) === JSON.stringify(held)) return held;
  throw new StartRefused(
    'ENGINE_CHOSEN',
    `this city was born with ${choiceText(held)}; asked for now: ${choiceText(asked)}.\n` +
      'Its chains go on as they are: leave the options out, or give the other city a home of its own: CIVITAS_HOME=/some/where npm start',
  );
}

function askedFor(options: StartOptions, sample: readonly Manifest[]): ConsensusChoice | undefined {
  if (options.engine === undefined) return undefined;
  if (options.engine === 'embedded') return { engine: 'embedded' };
  const known = sample.filter(({ kind }) => kind === 'LedgerNetwork').map(({ metadata }) => metadata.name);
  const stray = options.networks?.find((name) => !known.includes(name));
  if (stray !== undefined)
    throw new StartRefused('BAD_ARGUMENT', `--networks: the sample has no network '${stray}'; it has ${known.join(', ')}`);
  const networks = options.networks === undefined ? null : known.filter((name) => options.networks?.includes(name));
  return { engine: 'cometbft', validators: options.validators ?? VALIDATORS_DEFAULT, networks };
}

/** As a person reads it. */
export function choiceText(choice: ConsensusChoice): string {
  if (choice.engine === 'embedded') return 'the embedded engine';
  return `CometBFT, ${choice.validators} validators ${choice.networks === null ? 'in every network' : `in ${choice.networks.join(', ')}`}`;
}

/**
 * Path of the engine's program: what CIVITAS_ENGINE_BINARY names, else what `npm run engine:install` built; undefined where none is
 * needed.
 *
 * @throws StartRefused ENGINE_MISSING.
 */
export function engineBinary(
  choice: ConsensusChoice,
  places: { readonly named: string | undefined; readonly tools: EngineTools | undefined },
): string | undefined {
  if (choice.engine === 'embedded') return undefined;
  const { named, tools } = places;
  if (named !== undefined && !existsSync(named)) {
    throw new StartRefused(
      'ENGINE_MISSING',
      `CIVITAS_ENGINE_BINARY names ${named}, and nothing is there. npm run engine:install builds one.`,
    );
  }
  const path = named ?? tools?.path('cometbft');
  if (path !== undefined) return path;
  throw new StartRefused(
    'ENGINE_MISSING',
    'the consensus engine is not installed. npm run engine:install builds it from its Go module, pinned and checked (it needs Go, and some minutes once).\n' +
      'Without it: npm start, one embedded validator a network.',
  );
}

/**
 * Where the node finds the engine and what hands an embedded chain over to it. On an embedded city too, where they are installed: any of
 * its networks may grow later.
 */
export function engineVariables(
  binary: string | undefined,
  places: { readonly named: string | undefined; readonly handOver: string | undefined; readonly tools: EngineTools | undefined },
): Readonly<Record<string, string>> {
  const { named, tools } = places;
  const engine = binary ?? named ?? tools?.path('cometbft');
  const handOver = places.handOver ?? tools?.path('handover');
  return {
    ...(engine === undefined ? {} : { CIVITAS_ENGINE_BINARY: engine }),
    ...(handOver === undefined ? {} : { CIVITAS_HANDOVER_BINARY: handOver }),
  };
}

/** The sample with the choice written where a person would write it: CityConfig for all networks, else each one's own spec. */
export function withConsensus(sample: readonly Manifest[], choice: ConsensusChoice): readonly Manifest[] {
  if (choice.engine === 'embedded') return sample;
  const { engine, validators, networks } = choice;
  return sample.map((manifest) => {
    if (networks === null && manifest.kind === 'CityConfig')
      return { ...manifest, spec: { ...manifest.spec, engine, validatorsPerNetwork: validators } };
    if (manifest.kind !== 'LedgerNetwork') return manifest;
    const pools = sharedPools(manifest.spec?.['pools'], validators);
    if (networks === null) return { ...manifest, spec: { ...manifest.spec, pools } };
    if (networks.includes(manifest.metadata.name)) return { ...manifest, spec: { ...manifest.spec, engine, pools } };
    return manifest;
  });
}

/** The network's first node for the agency that the sample names, the others for its founders in turn: none of them alone has a quorum. */
function sharedPools(pools: unknown, validators: number): readonly object[] {
  const [first]: readonly { agencyRef?: string }[] = Array.isArray(pools) ? pools : [];
  const pool = { name: 'validators', role: 'validator' };
  if (first?.agencyRef === undefined) return [{ ...pool, replicas: validators }];
  const { agencyRef } = first;
  return [
    { ...pool, agencyRef, replicas: 1 },
    { ...pool, name: 'members', replicas: validators - 1 },
  ];
}
