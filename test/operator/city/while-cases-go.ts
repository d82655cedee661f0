import { expect } from '@jest/globals';
import { keepPlaying } from '../../e2e/play-cases.ts';

/** A case is over in seconds, on a loaded machine in minutes; one that is late takes half a minute. */
const GO_ON_WITHIN_MS = 240_000;

/**
 * Work while cases go over the city's links: none of them may fail, and once the work is done they end well.
 *
 * @param name of their evidence bundles in the home folder. @param before Done before each of them.
 * @param work which may wait on its way until cases go on. @returns the bundle of the last.
 */
export async function whileCasesGo(
  cases: { readonly home: string; readonly name: string; readonly before?: () => Promise<unknown> },
  work: (goOn: () => Promise<void>) => Promise<void>,
): Promise<string> {
  const atPlay = keepPlaying(cases.home, cases.name, cases.before);
  try {
    const goOn = (): Promise<void> => atPlay.goOn(GO_ON_WITHIN_MS);
    await work(goOn);
    await goOn();
  } finally {
    const { whole, late, failed } = await atPlay.stop();
    process.stderr.write(`day two: ${whole.length} cases during ${cases.name}; late: ${JSON.stringify(late)}\n`);
    expect(failed).toEqual([]);
  }
  const { whole } = await atPlay.stop();
  return whole.at(-1) ?? '';
}
