// `npm run bench -- ledger|growth|day-two|operator|execute|validator|state|link|start|apply|console|overhead --seconds S [--home DIR] --json`: one JSON object on stdout, notes on stderr.
import { parseArgs } from 'node:util';
import { machineFacts } from './machine.ts';
import { PEERS } from './peers/peer-names.ts';

const USAGE = `npm run bench -- ledger|growth|day-two|operator|execute|validator|state|link|start|apply|console|overhead [--seconds S] [--home DIR] [--json]

  ledger   operations/s and commit latency on one embedded network, through gRPC
           --engine cometbft  a network of real validators, open loop, signed beforehand:
             --validators N   4, 7, 10 … (default 4)
             --shared         operations that leave together share a signature
             --keys N         records on the ledger before (default 0)
             --peer NAME      cometbft-sigkv or cometbft-kvstore beside it, in the same run
             --repeats N      turns of ours and the peer (default 1)
  growth   the same at 4, 7 and 10 validators and at 10k, 1M and 5M records; writes a table and a chart
             --points V:K,…   other validators and records, such as 4:10000,7:10000
             --out DIR        where to (default docs)
  day-two  each day-two verb on four validators under load: failed operations, longest gap between commits, time below a quorum
             --rate N         operations a second (default 100)
             --verbs A,B      only these, such as restart,rotate-ca
  operator what an operator costs on a real API server, its nodes simulated: while they are born, at rest, started anew
             --networks N     default 200
             --nodes M        of each network, four of them validators (default 7)
  execute  CPU of one operation in process, step by step (no city, no network)
  validator CPU of one operation at one validator alone, in process, while its ledger grows (--keys N records, default 256000; --shared)
  state    CPU, memory and disk of state tree, store and snapshot (--keys N, default 100000)
  link     round trip and packets/s over one link (transport to city)
  start    time to ready, to ready again, and to stopped; memory of the whole city
  apply    from a sample's first object to all networks Available and all links Flowing: embedded, one network of four validators, all of four

  console  reads of 100 users, memory, largest contentful paint, an agency taken in; beside a server that does nothing

  overhead what being watched costs four validators: logs, scrapes, probe, traces, and a collector that never answers (--repeats N rounds, --rate N)

  --seconds S   length of each measured window (default 20)
  --home DIR    measure the city that runs there; without it a fresh one is started and cleared
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '20' },
    home: { type: 'string' },
    engine: { type: 'string', default: 'embedded' },
    validators: { type: 'string', default: '4' },
    keys: { type: 'string', default: '0' },
    shared: { type: 'boolean', default: false },
    peer: { type: 'string' },
    repeats: { type: 'string', default: '1' },
    points: { type: 'string' },
    out: { type: 'string', default: 'docs' },
    rate: { type: 'string', default: '100' },
    verbs: { type: 'string' },
    networks: { type: 'string', default: '200' },
    nodes: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
const [name] = positionals;
const seconds = Number(values.seconds);
const [validators, keys, repeats] = [Number(values.validators), Number(values.keys), Number(values.repeats)];
const peer = PEERS.find((known) => known === values.peer);
const [networks, nodes] = [Number(values.networks), Number(values.nodes)];
const isWhole = [validators - 1, keys, repeats - 1, Number(values.rate) - 1, networks - 1, nodes - 4].every(
  (count) => Number.isSafeInteger(count) && count >= 0,
);
const isKnown = ['embedded', 'cometbft'].includes(values.engine) && (values.peer === undefined || peer !== undefined);
if (values.help === true || name === undefined || !Number.isFinite(seconds) || seconds < 1 || !isWhole || !isKnown) {
  process.stderr.write(USAGE);
  process.exit(values.help === true ? 0 : 2);
}

const options = { seconds, home: values.home, say: (line: string): void => void process.stderr.write(`${line}\n`) };
const network = { validators, keys, repeats, peer, shared: values.shared };
let figures: object;
switch (name) {
  case 'ledger':
    figures =
      values.engine === 'cometbft'
        ? await (await import('./cometbft/bench-cometbft.ts')).benchCometbft({ ...options, ...network })
        : await (await import('./ledger.ts')).benchLedger(options);
    break;
  case 'growth':
    figures = await (await import('./cometbft/bench-growth.ts')).benchGrowth({
      ...options,
      ...network,
      points: values.points,
      out: values.out,
    });
    break;
  case 'day-two':
    figures = await (await import('./day-two/bench-day-two.ts')).benchDayTwo({
      perSecond: Number(values.rate),
      verbs: values.verbs?.split(','),
      say: options.say,
    });
    break;
  case 'operator':
    figures = await (await import('./operator/bench-operator.ts')).benchOperator({ networks, nodes, seconds, say: options.say });
    break;
  case 'link':
    figures = await (await import('./link.ts')).benchLink(options);
    break;
  case 'overhead':
    figures = await (await import('./overhead/bench-overhead.ts')).benchOverhead({
      ...{ validators, seconds, repeats, perSecond: Number(values.rate), say: options.say },
    });
    break;
  case 'state':
    figures = await (await import('./state.ts')).benchState({ keys: keys === 0 ? 100_000 : keys, say: options.say });
    break;
  case 'execute':
    figures = await (await import('./execute.ts')).benchExecute(options);
    break;
  case 'start':
    figures = await (await import('./start.ts')).benchStart(options);
    break;
  case 'validator':
    figures = await (await import('./validator.ts')).benchValidator({
      records: keys === 0 ? 256_000 : keys,
      blockOperations: 640,
      shared: values.shared,
      say: options.say,
    });
    break;
  case 'console':
    figures = await (await import('./console/bench-console.ts')).benchConsole(options);
    break;
  case 'apply':
    figures = await (await import('./apply/bench-apply.ts')).benchApply(options);
    break;
  default:
    process.stderr.write(USAGE);
    process.exit(2);
}
const report = { bench: name, seconds, machine: machineFacts(), ...figures };
process.stdout.write(`${JSON.stringify(report, null, values.json ? undefined : 2)}\n`);
process.exit(0);
