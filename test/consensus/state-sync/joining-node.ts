// `node serve` that kills itself at each of the points that the file `crash-at` in the pod's folder names, one a line, each once.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allContracts } from '@civitas/contracts';
import { podOf } from '../../../node/src/host/config/pod.ts';
import { VERSION } from '../../../node/src/host/config/version.ts';
import { nodeLedgerOpener } from '../../../node/src/host/serve/open-node-ledger.ts';
import { runUntilStopped } from '../../../node/src/host/serve/run-until-stopped.ts';
import { serveNode } from '../../../node/src/host/serve/serve-node.ts';
import { measureLoop } from './measure-loop.ts';

const crashAt = join(process.env['CIVITAS_ROOT'] ?? '', 'crash-at');

/** A point is an event of the log or a step of a block's way. */
function reached(point: string): void {
  if (!existsSync(crashAt)) return;
  const [next = '', ...rest] = readFileSync(crashAt, 'utf8').split('\n');
  if (next !== point) return;
  writeFileSync(crashAt, rest.join('\n'));
  process.kill(process.pid, 'SIGKILL');
}

const open = nodeLedgerOpener(reached);
const { node, opened } = await serveNode({
  pod: podOf(process.env),
  version: VERSION,
  openLedger: (request) => {
    measureLoop();
    const info: typeof request.log.info = (event, fields) => {
      request.log.info(event, fields);
      reached(event);
    };
    return open({ ...request, log: { ...request.log, info } });
  },
  contracts: allContracts,
});
runUntilStopped(node.log, node);
await opened;
