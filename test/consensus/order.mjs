// Order of the files: two run side by side, for each waits more than it works; the longest first, and last those that take the machine alone.
import { basename } from 'node:path';

/** Longest first, as measured on two quiet cores (150 s to 6 s). */
const LONGEST_FIRST = [
  'faults',
  'failed-engine',
  'first-network',
  'state-sync',
  'protocol-upgrade',
  'light-client',
  'faults-namespaces',
  'validators',
  'grow',
  'rebuild-from-backup',
  'next-engine',
];

/** Fourteen processes and more, which two cores have no time to run beside others. */
const ALONE = ['faults-seven', 'ten-validators'];

const nameOf = (path) => basename(path, '.test.ts');

export const isAlone = (path) => ALONE.includes(nameOf(path));

/** What is not named is short. */
function rankOf(path) {
  if (isAlone(path)) return LONGEST_FIRST.length + 1 + ALONE.indexOf(nameOf(path));
  const rank = LONGEST_FIRST.indexOf(nameOf(path));
  return rank === -1 ? LONGEST_FIRST.length : rank;
}

export default class LongestFirst {
  sort(tests) {
    return [...tests].sort((one, other) => rankOf(one.path) - rankOf(other.path) || (one.path < other.path ? -1 : 1));
  }

  allFailedTests(tests) {
    return tests;
  }

  shard(tests) {
    return tests;
  }

  cacheResults() {
    // The order is fixed: what a run before took changes nothing.
  }
}
