// `node serve` of an older release while the file `newest-protocol` in the pod's folder names the newest protocol version it executes.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allContracts } from '@civitas/contracts';
import { podOf } from '../../../node/src/host/config/pod.ts';
import { VERSION } from '../../../node/src/host/config/version.ts';
import { nodeLedgerOpener } from '../../../node/src/host/serve/open-node-ledger.ts';
import { runUntilStopped } from '../../../node/src/host/serve/run-until-stopped.ts';
import { serveNode } from '../../../node/src/host/serve/serve-node.ts';

const path = join(process.env['CIVITAS_ROOT'] ?? '', 'newest-protocol');
const newest = existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined;

const openLedger = nodeLedgerOpener(undefined, newest);
const { node, opened } = await serveNode({ pod: podOf(process.env), version: VERSION, openLedger, contracts: allContracts });
runUntilStopped(node.log, node);
await opened;
