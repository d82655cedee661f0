// The import table of docs: which room may import which (ARCHITECTURE.md, "Rooms").
const room = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: '\\.test\\.ts$|[.-]fixture\\.ts$|/testing/' },
  to: { path: '^(packages|contracts|node|operator|cli|console|proto|tools|bench|test|samples)/', pathNot: [from, ...allowed] },
});
const CANON = '^packages/canon/';
const PROOFS = '^packages/proofs/';
const DEPLOYMENT = '^packages/deployment/';
const CONTRACTS = '^contracts/';
const GEN = '^proto/gen/';
const TELEMETRY = '^packages/telemetry/';
const SEALED = '^packages/sealed-call/';
const KUBE = '^packages/kube/';
const BACKUP = '^packages/backup/';
const IDENTITY = '^packages/identity/';
const NODE_CALL = '^packages/node-call/';
const DURABLE_FILE = '^packages/durable-file/';
const CONSOLE_CONTRACT = '^packages/console-contract/';

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: { pathNot: '/gen/' }, to: { circular: true } },
    room('canon-imports-nothing', '^packages/canon/', []),
    room('proofs', '^packages/proofs/', [CANON]),
    room('deployment', '^packages/deployment/', [CANON]),
    room('sealed-call', '^packages/sealed-call/', [CANON, GEN]),
    room('node-call', '^packages/node-call/', [DEPLOYMENT, GEN]),
    room('durable-file', '^packages/durable-file/', []),
    room('backup', '^packages/backup/', [CANON, PROOFS, DEPLOYMENT, DURABLE_FILE]),
    room('contracts', '^contracts/', [CANON, PROOFS]),
    room('node-core', '^node/src/core/', [CANON, PROOFS, CONTRACTS, DEPLOYMENT]),
    room('node-host', '^node/src/(host|main|version)', ['^node/src/core/', CANON, PROOFS, CONTRACTS, DEPLOYMENT, GEN, TELEMETRY, SEALED, BACKUP, IDENTITY, NODE_CALL]),
    room('operator-core', '^operator/src/core/', [CANON, PROOFS, DEPLOYMENT]),
    room('operator-host', '^operator/src/(host|main)', ['^operator/src/core/', CANON, PROOFS, DEPLOYMENT, GEN, TELEMETRY, KUBE, IDENTITY, NODE_CALL]),
    room('kube', '^packages/kube/', []),
    room('telemetry', '^packages/telemetry/', []),
    room('localcluster', '^packages/localcluster/', [KUBE]),
    room('testkit', '^packages/testkit/', [CANON]),
    room('identity', '^packages/identity/', [CANON]),
    room('local-identity', '^packages/local-identity/', [CANON, DURABLE_FILE]),
    room('console-contract', '^packages/console-contract/', [CANON]),
    room('console-api', '^console/api/', [
      CANON,
      PROOFS,
      CONTRACTS,
      DEPLOYMENT,
      GEN,
      TELEMETRY,
      KUBE,
      IDENTITY,
      '^packages/local-identity/',
      CONSOLE_CONTRACT,
      NODE_CALL,
      DURABLE_FILE,
    ]),
    room('console-web', '^console/web/', [CANON, PROOFS, CONSOLE_CONTRACT]),
    room('cli', '^cli/', [CANON, PROOFS, DEPLOYMENT, GEN, SEALED, KUBE, BACKUP, NODE_CALL, DURABLE_FILE, TELEMETRY]),
    {
      name: 'testkit-is-for-tests',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$|[.-]fixture\\.ts$|^(packages/testkit|test|bench|tools)/|/testing/' },
      to: { path: '^packages/testkit/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The parser does not know `using` yet; tools may import anything, so nothing is lost but its part in cycles.
    exclude: { path: ['/gen/.*/gen/', '^console/web/dist/', '^tools/start/city\\.ts$'] },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] },
  },
};
