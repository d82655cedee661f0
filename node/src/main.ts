// Entry point of the node image: `serve` runs a ledger node, `engine` becomes the engine beside it, `relay` carries packets between networks.
import { flushCompileCache } from 'node:module';
import { allContracts } from '@civitas/contracts';
import { limitConnects } from '@civitas/node-call';
import { runBackup } from './host/backup/run-backup.ts';
import { podOf } from './host/config/pod.ts';
import { VERSION } from './host/config/version.ts';
import { serveRelay } from './host/relay/serve-relay.ts';
import { nodeLedgerOpener } from './host/serve/open-node-ledger.ts';
import { runEngine } from './host/serve/run-engine.ts';
import { runUntilStopped } from './host/serve/run-until-stopped.ts';
import { serveNode } from './host/serve/serve-node.ts';

const HELP = `civitas node ${VERSION}

  serve     run a node: ledger, gateways, vaults
  engine    become the consensus engine of this pod's node, once it is released
  relay     carry packets between networks
  backup    do one task of a backup: take, verify, fetch or remove it; the next argument says which, as JSON

Configuration is mounted (docs: packages/deployment): config.json, genesis.json, tls, data, below CIVITAS_ROOT where that is set.
Listens on POD_IP (default 127.0.0.1): gRPC 7070, AdminService 7071, metrics 9464. POD_UID names the pod in signing grants.
The command engine becomes the program that CIVITAS_ENGINE_BINARY names (default /usr/local/bin/cometbft): p2p 26656, its metrics 26660.
`;
const USAGE_EXIT_CODE = 2;

async function main(): Promise<void> {
  limitConnects();
  // Everything is imported by now: the next process starts from compiled code, however this one ends.
  flushCompileCache();
  const [command] = process.argv.slice(2);
  const pod = podOf(process.env);
  switch (command) {
    case 'serve': {
      const { node, opened } = await serveNode({ pod, version: VERSION, openLedger: nodeLedgerOpener(), contracts: allContracts });
      runUntilStopped(node.log, node);
      await opened;
      return;
    }
    case 'engine':
      return runEngine({ pod, version: VERSION, env: process.env });
    case 'relay': {
      const relay = await serveRelay({ pod, version: VERSION });
      runUntilStopped(relay.log, relay);
      return;
    }
    case 'backup':
      process.exitCode = await runBackup({ pod, version: VERSION, config: process.argv[3] ?? '' });
      return;
    case '--version':
      process.stdout.write(`${VERSION}\n`);
      return;
    case '--help':
    case 'help':
      process.stdout.write(HELP);
      return;
    default:
      process.stderr.write(HELP);
      process.exitCode = USAGE_EXIT_CODE;
  }
}

main().catch((error: unknown) => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${JSON.stringify({ level: 'fatal', event: 'start-failed', error: text })}\n`);
  process.exit(1);
});
