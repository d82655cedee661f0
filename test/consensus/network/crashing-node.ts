// `node serve` that kills itself at a step of a block's way, once, when the file `crash-at` in the pod's folder names that step.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { allContracts } from '@civitas/contracts';
import { podOf } from '../../../node/src/host/config/pod.ts';
import { VERSION } from '../../../node/src/host/config/version.ts';
import { nodeLedgerOpener } from '../../../node/src/host/serve/open-node-ledger.ts';
import { runUntilStopped } from '../../../node/src/host/serve/run-until-stopped.ts';
import { serveNode } from '../../../node/src/host/serve/serve-node.ts';

const crashAt = join(process.env['CIVITAS_ROOT'] ?? '', 'crash-at');

const openLedger = nodeLedgerOpener((step) => {
  if (!existsSync(crashAt) || readFileSync(crashAt, 'utf8') !== step) return;
  rmSync(crashAt);
  process.kill(process.pid, 'SIGKILL');
});

const { node, opened } = await serveNode({ pod: podOf(process.env), version: VERSION, openLedger, contracts: allContracts });
runUntilStopped(node.log, node);
await opened;
