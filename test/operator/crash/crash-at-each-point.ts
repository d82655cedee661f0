import { LateError, printedSeed } from '@civitas/testkit';
import { describe, test } from '@jest/globals';
import { holdsWithin, startOperator, waitUntil } from '../../../operator/src/host/testing/city-fixture.ts';
import { mortalClient } from '../../../operator/src/host/testing/mortal-client.ts';
import { describeWithKubernetes } from '../describe-with-kubernetes.ts';
import { type Course, countingClient, crashPoints, type Scenario } from './scenario.ts';

const isFull = process.env['CIVITAS_FULL'] === '1';
const seed = printedSeed('crash points');
const DONE_WITHIN_MS = 60_000;
const SCENARIO_MS_MAX = isFull ? 7_200_000 : 300_000;

/** One course without a crash. Returns how many writes it took. */
async function runWhole(course: Course): Promise<number> {
  const { client, count } = countingClient(course.client);
  const stopping = new AbortController();
  const controllers = await startOperator(client, stopping.signal);
  try {
    await waitUntil(() => course.isDone(), DONE_WITHIN_MS);
    return count();
  } finally {
    stopping.abort();
    await controllers.stop();
  }
}

/** One life of this many writes, and then one that lasts. */
async function runCrashed(course: Course, writes: number): Promise<void> {
  const life = mortalClient(course.client, writes);
  const stopping = new AbortController();
  const controllers = await startOperator(life.client, stopping.signal).catch((error: unknown) => {
    if (!life.isOver()) throw error;
    return undefined;
  });
  await holdsWithin(async () => life.isOver() || (await course.isDone()), DONE_WITHIN_MS);
  stopping.abort();
  await controllers?.stop();
  await runWhole(course);
}

/** Second numbers of the fake nodes' addresses, both included: what no other file of the suite has. */
export interface Octets {
  readonly first: number;
  readonly last: number;
}

/** A scenario played once whole, and then anew with a crash after each of its writes, or after a sample of them. */
export function crashAtEachPoint(scenario: Scenario, octets: Octets): void {
  let octet = octets.first;

  async function inCourse<Result>(body: (course: Course) => Promise<Result>): Promise<Result> {
    octet = octet >= octets.last ? octets.first : octet + 1;
    const course = await scenario.begin(octet);
    try {
      const result = await body(course);
      await course.check();
      return result;
    } finally {
      await course.stop();
    }
  }

  describeWithKubernetes('an operator that crashes between two writes', () => {
    describe(scenario.name, () => {
      test(
        'goes on where it was, and ends as if nothing had been',
        async () => {
          const writes = await inCourse(runWhole);
          const points = crashPoints(writes, scenario.samples, { isFull, seed });
          process.stderr.write(`${scenario.name}: ${writes} writes, crashes after ${points.join(', ')}\n`);
          for (const point of points) {
            await inCourse((course) => runCrashed(course, point)).catch((cause: unknown) => {
              const message = `crash after write ${point}`;
              throw cause instanceof LateError ? new LateError(message, { cause }) : new Error(message, { cause });
            });
          }
        },
        SCENARIO_MS_MAX,
      );
    });
  });
}
