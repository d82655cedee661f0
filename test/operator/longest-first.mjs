// Order of the files for two workers: those that take minutes first, so that none of them is what the other worker waits for at the end.
const LONGEST = ['day-two-city', 'crash-upgrade', 'crash-provision', 'conformance', 'disturbances'].map(
  (name) => `/test/operator/${name}.test.ts`,
);

const rankOf = ({ path }) => {
  const rank = LONGEST.findIndex((end) => path.endsWith(end));
  return rank < 0 ? LONGEST.length : rank;
};

export default class LongestFirst {
  sort(tests) {
    return [...tests].sort((left, right) => rankOf(left) - rankOf(right) || left.path.localeCompare(right.path));
  }

  shard(tests) {
    return tests;
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}
