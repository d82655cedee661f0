import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { spiffe } from '@civitas/deployment';
import { ORGANISATIONS, organisationOf } from '../../test/consensus/network/birth.ts';
import type { ConsensusNetwork } from '../../test/consensus/network/consensus-network.ts';
import type { LoadAnswer, LoadCommand, LoadResult, LoadRun, LoadSetup } from './load-messages.ts';

/** Processes that submit to a network; all of them together are the load. */
export interface LoadGenerators {
  /** Signs operations beforehand, in groups that share a signature where `groupSize` is above one. */
  prepare(operations: number, groupSize: number): Promise<void>;
  /** @param load of all processes together. */
  run(
    load: LoadRun['load'],
    times: Pick<LoadRun, 'warmUpMs' | 'measureMs'>,
  ): { readonly startUnixMs: number; readonly result: Promise<LoadResult> };
  stop(): Promise<void>;
}

/** Time for every process to hear of a run before it begins, ms. */
const LEAD_MS = 300;

/** The next answer; an end of the process is an error. */
function ask(child: ChildProcess, command: LoadCommand | undefined): Promise<LoadAnswer> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a load process ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer as LoadAnswer);
    });
    if (command !== undefined) child.send(command);
  });
}

function addUp(results: readonly LoadResult[]): LoadResult {
  const sum = (of: (result: LoadResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const refusals: Record<string, number> = {};
  for (const result of results) for (const [code, count] of Object.entries(result.refusals)) refusals[code] = (refusals[code] ?? 0) + count;
  return {
    offered: sum(({ offered }) => offered),
    committed: sum(({ committed }) => committed),
    committedMeanwhile: sum(({ committedMeanwhile }) => committedMeanwhile),
    committedInAll: sum(({ committedInAll }) => committedInAll),
    latenciesMs: Float64Array.from(results.flatMap(({ latenciesMs }) => [...latenciesMs])),
    refusals,
    cpuMicros: sum(({ cpuMicros }) => cpuMicros),
    signedMeanwhile: sum(({ signedMeanwhile }) => signedMeanwhile),
  };
}

function share(load: LoadRun['load'], count: number): LoadRun['load'] {
  return load.kind === 'open'
    ? { kind: 'open', perSecond: load.perSecond / count }
    : { kind: load.kind, window: Math.max(1, Math.floor(load.window / count)) };
}

/** Starts one process for each organisation of the network, each with a stream to every validator. */
export async function startLoadGenerators(network: ConsensusNetwork, validatorCount: number): Promise<LoadGenerators> {
  const addresses = network.indexes.slice(0, validatorCount).map((index) => network.pod(index).options.address);
  const genesisHash = Buffer.from(network.genesisHash).toString('base64url');
  const children = await Promise.all(
    ORGANISATIONS.map(async (_, index) => {
      const organisation = organisationOf(index);
      const tlsFolder = await network.clients.certificateOf(spiffe.client(network.chainId, organisation, 'cli'));
      const setup: LoadSetup = { identity: { chainId: network.chainId, genesisHash, organisation }, addresses, tlsFolder };
      const child = fork(new URL('load-process.ts', import.meta.url), [JSON.stringify(setup)], {
        execArgv: ['--no-warnings'],
        serialization: 'advanced',
      });
      await ask(child, undefined);
      return child;
    }),
  );
  const each = (total: number): number => Math.ceil(total / children.length);
  const askAll = async (command: LoadCommand): Promise<void> => void (await Promise.all(children.map((child) => ask(child, command))));
  return {
    prepare: (operations, groupSize) => askAll({ do: 'prepare', operations: each(operations), groupSize }),
    run: (load, times) => {
      const run: LoadRun = { load: share(load, children.length), startUnixMs: Date.now() + LEAD_MS, ...times };
      const ran = Promise.all(
        children.map(async (child) => {
          const answer = await ask(child, { do: 'run', run });
          if (answer.did !== 'ran') throw new Error('a load process answered out of turn');
          return answer.result;
        }),
      );
      return { startUnixMs: run.startUnixMs, result: ran.then(addUp) };
    },
    stop: async () => {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.send({ do: 'stop' } satisfies LoadCommand);
          await once(child, 'exit');
        }),
      );
    },
  };
}
