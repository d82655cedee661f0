// `npm run bench -- ledger|execute|link|start --seconds S [--home DIR] --json`: one JSON object on stdout, notes on stderr.
import { parseArgs } from 'node:util';
import { machineFacts } from './machine.ts';

const USAGE = `npm run bench -- ledger|execute|link|start [--seconds S] [--home DIR] [--json]

  ledger   operations/s and commit latency on one embedded network, through gRPC
  execute  CPU of one operation in process, step by step (no city, no network)
  link     round trip and packets/s over one link (transport to city)
  start    time to ready, to ready again, and to stopped; memory of the whole city

  --seconds S   length of each measured window (default 20)
  --home DIR    measure the city that runs there; without it a fresh one is started and cleared
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '20' },
    home: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
const [name] = positionals;
const seconds = Number(values.seconds);
if (values.help === true || name === undefined || !Number.isFinite(seconds) || seconds < 1) {
  process.stderr.write(USAGE);
  process.exit(values.help === true ? 0 : 2);
}

const options = { seconds, home: values.home, say: (line: string): void => void process.stderr.write(`${line}\n`) };
let figures: object;
switch (name) {
  case 'ledger':
    figures = await (await import('./ledger.ts')).benchLedger(options);
    break;
  case 'link':
    figures = await (await import('./link.ts')).benchLink(options);
    break;
  case 'execute':
    figures = await (await import('./execute.ts')).benchExecute(options);
    break;
  case 'start':
    figures = await (await import('./start.ts')).benchStart(options);
    break;
  default:
    process.stderr.write(USAGE);
    process.exit(2);
}
const report = { bench: name, seconds, machine: machineFacts(), ...figures };
process.stdout.write(`${JSON.stringify(report, null, values.json ? undefined : 2)}\n`);
process.exit(0);
