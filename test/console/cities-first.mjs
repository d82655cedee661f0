// Order of the files of test/console, which run two at a time: the whole cities early, for they take longest, and the second one once the
// first has started. jest itself would go by the files' sizes.
const FIRST = ['console-in-browser.test.ts', 'identity-pages.test.ts', 'keycloak-in-browser.test.ts'];

const rankOf = ({ path }) => {
  const rank = FIRST.findIndex((name) => path.endsWith(name));
  return rank === -1 ? FIRST.length : rank;
};

export default class CitiesFirst {
  sort(tests) {
    return [...tests].sort((left, right) => rankOf(left) - rankOf(right) || left.path.localeCompare(right.path));
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}
