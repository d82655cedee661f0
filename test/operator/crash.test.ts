import { printedSeed } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { startOperator, waitUntil } from '../../operator/src/host/testing/city-fixture.ts';
import { mortalClient } from '../../operator/src/host/testing/mortal-client.ts';
import { provisionScenario } from './crash/provision-scenario.ts';
import { replaceScenario } from './crash/replace-scenario.ts';
import { type Course, countingClient, crashPoints, type Scenario } from './crash/scenario.ts';
import { upgradeScenario } from './crash/upgrade-scenario.ts';
import { describeWithKubernetes } from './describe-with-kubernetes.ts';

const isFull = process.env['CIVITAS_FULL'] === '1';
const seed = printedSeed('crash points');
const DONE_WITHIN_MS = 60_000;
const SCENARIO_MS_MAX = isFull ? 3_600_000 : 300_000;
/** Of the fake nodes' addresses: what no other file of the suite has. */
const OCTETS = { first: 20, last: 39 };
let octet = OCTETS.first;

/** One course without a crash. Returns how many writes it took. */
async function runWhole(course: Course): Promise<number> {
  const { client, count } = countingClient(course.client);
  const stopping = new AbortController();
  const controllers = await startOperator(client, stopping.signal);
  const isDone = await waitUntil(() => course.isDone(), DONE_WITHIN_MS);
  const writes = count();
  stopping.abort();
  await controllers.stop();
  expect(isDone).toBe(true);
  return writes;
}

/** One life of this many writes, and then one that lasts. */
async function runCrashed(course: Course, writes: number): Promise<void> {
  const life = mortalClient(course.client, writes);
  const stopping = new AbortController();
  const controllers = await startOperator(life.client, stopping.signal).catch((error: unknown) => {
    if (!life.isOver()) throw error;
    return undefined;
  });
  await waitUntil(async () => life.isOver() || (await course.isDone()), DONE_WITHIN_MS);
  stopping.abort();
  await controllers?.stop();
  await runWhole(course);
}

async function inCourse<Result>(scenario: Scenario, body: (course: Course) => Promise<Result>): Promise<Result> {
  octet = octet >= OCTETS.last ? OCTETS.first : octet + 1;
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
  describe.each([provisionScenario, upgradeScenario, replaceScenario])('$name', (scenario) => {
    test(
      'goes on where it was, and ends as if nothing had been',
      async () => {
        const writes = await inCourse(scenario, runWhole);
        const points = crashPoints(writes, scenario.samples, { isFull, seed });
        process.stderr.write(`${scenario.name}: ${writes} writes, crashes after ${points.join(', ')}\n`);
        for (const point of points) {
          const outcome = inCourse(scenario, (course) => runCrashed(course, point));
          await expect(
            outcome.catch((cause: unknown) => Promise.reject(new Error(`crash after write ${point}`, { cause }))),
          ).resolves.toBeUndefined();
        }
      },
      SCENARIO_MS_MAX,
    );
  });
});
