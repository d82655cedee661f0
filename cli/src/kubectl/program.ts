import { Command, InvalidArgumentError, Option } from 'commander';
import type { ProgramPort } from '../run-program.ts';
import type { RestoreFlags, TargetFlags } from './backup.ts';
import type { KubectlContext } from './context.ts';
import { LOG_LINES, LOG_LINES_MAX, VALIDATORS_MAX, WAIT_SECONDS_MAX } from './limits.ts';
import type { OperateOptions, OrderedOperation, operateCommand } from './operate.ts';
import { readable } from './readable.ts';
import type { SWITCHES } from './switch-network.ts';

type Port = ProgramPort<KubectlContext>;

const VERSION = '0.1.0';

/** A whole number as an option takes it. */
function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number ${min} … ${max}.`);
  };
}

interface WaitFlags {
  readonly wait?: boolean;
  readonly timeout: number;
}

const waitable = (command: Command): Command =>
  command
    .option('--wait', 'follow it until it is done')
    .addOption(new Option('--timeout <seconds>', 'longest wait').default(600).argParser(wholeNumber(1, WAIT_SECONDS_MAX)))
    .option('--dry-run', 'let the server check it, and keep nothing');

const operation = (command: Command): Command => waitable(command).option('--manual', 'it begins only after kubectl civitas approve');

type OperationFlags = WaitFlags & { readonly manual?: boolean };

const operateOptions = ({ wait, timeout, manual }: OperationFlags): OperateOptions => ({
  wait: wait ?? false,
  timeoutSeconds: timeout,
  manual: manual ?? false,
});

type Target = Parameters<typeof operateCommand>[1];

function operate({ run }: Port, command: Command, ask: { target: Target; order: OrderedOperation; flags: OperationFlags }): Promise<void> {
  return run(command, async (context) =>
    (await import('./operate.ts')).operateCommand(context, ask.target, ask.order, operateOptions(ask.flags)),
  );
}

function addJoinBundle(program: Command, { run }: Port): void {
  program
    .command('join-bundle')
    .description('what an organisation outside of this cluster needs to run a node of its own; without a node, who is named and how far')
    .argument('<network>', 'network that it joins')
    .argument('[node]', 'external member, as spec.externalMembers names it')
    .option('-o, --out <folder>', 'where its files are written; default: a folder of the bundle’s name')
    .action((name: string, node: string | undefined, options: { out?: string }, command: Command) =>
      run(command, async (context) => (await import('./join-bundle.ts')).joinBundleCommand(context, name, { node, out: options.out })),
    );
}

function addLooks(program: Command, port: Port): void {
  const { run, exit } = port;
  program
    .command('status')
    .description('city, networks, links and what is under way, on one screen')
    .argument('[network...]', 'only these')
    .action((names: string[], _options, command: Command) =>
      run(command, async (context) => (await import('./status.ts')).statusCommand(context, names)),
    );
  program
    .command('why')
    .description('everything that is not green, each in one line: what waits, for what, since when, what to do')
    .argument('[name...]', 'only objects of these names, and what belongs to networks of these names')
    .option('--check', 'exit 4 when there is anything')
    .action((names: string[], options: { check?: boolean }, command: Command) =>
      run(command, async (context) => (await import('./why.ts')).whyCommand(context, { names, check: options.check ?? false })),
    );
  program
    .command('explain')
    .description('what a condition or a reason means and what to do; asks no cluster')
    .argument('<word>', 'such as QuorumWouldBreak')
    .action(async (word: string, _options, command: Command) => {
      await run(command, async ({ terminal }) => (await import('./explain.ts')).explainCommand(terminal, word));
    });
  program
    .command('plan')
    .description('what is to be done to a network, in which order, with the quorum at each step')
    .argument('<network>')
    .action((name: string, _options, command: Command) =>
      run(command, async (context) => (await import('./plan.ts')).planCommand(context, name)),
    );
  program
    .command('links')
    .description('the links, what each end knows of the other, and what is on its way')
    .argument('[name...]', 'links, or networks')
    .action((names: string[], _options, command: Command) =>
      run(command, async (context) => (await import('./links.ts')).linksCommand(context, names)),
    );
  program
    .command('logs')
    .description('what the pods of a node or of a network wrote')
    .argument('<name>', 'a node, the relay (relay-0) or a network')
    .option('-f, --follow', 'go on as it is written')
    .option('-p, --previous', 'of the run before the last restart')
    .option('-c, --container <name>', 'only this container')
    .addOption(new Option('--tail <lines>', 'last lines').default(LOG_LINES).argParser(wholeNumber(1, LOG_LINES_MAX)))
    .action((name: string, options, command: Command) =>
      run(command, async (context) =>
        (await import('./logs.ts')).logsCommand(context, name, {
          ...{ follow: options.follow ?? false, previous: options.previous ?? false },
          ...{ container: options.container, tailLines: options.tail },
        }),
      ),
    );
  program
    .command('help')
    .argument('[command]')
    .description('help for a command, or: help exit-codes')
    .action(async (word: string | undefined) => {
      if (word === 'exit-codes') process.stdout.write(`Exit codes\n${(await import('../exit-codes.ts')).exitCodePage()}\n`);
      else (program.commands.find((command) => command.name() === word) ?? program).outputHelp();
      exit(0);
    });
}

function addSupport(program: Command, { run }: Port): void {
  program
    .command('support-bundle')
    .description('one file for whoever helps: versions, objects, conditions, events, metrics, logs; no secret, nothing personal')
    .option('-o, --out <file>', 'where it is written; default: civitas-support-<time>.tar.gz')
    .action((options: { out?: string }, command: Command) =>
      run(command, async (context) =>
        (await import('./support/support-bundle.ts')).supportBundleCommand(context, { out: options.out, version: VERSION }),
      ),
    );
}

function addOperations(program: Command, port: Port): void {
  operation(program.command('restart').description('make the pods of a network anew, one by one, never below quorum'))
    .argument('<network>')
    .option('--node <name...>', 'only these nodes')
    .action((network: string, flags: OperationFlags & { node?: string[] }, command: Command) =>
      operate(port, command, {
        target: { network },
        order: { type: 'Restart', ...(flags.node === undefined ? {} : { nodes: flags.node }) },
        flags,
      }),
    );
  operation(program.command('upgrade').description('go to another release, node by node'))
    .argument('<network>')
    .requiredOption('--to <version>', 'such as 0.2.0')
    .action((network: string, flags: OperationFlags & { to: string }, command: Command) =>
      operate(port, command, { target: { network }, order: { type: 'Upgrade', version: flags.to }, flags }),
    );
  operation(program.command('expand').description('grow the volumes of a network'))
    .argument('<network>')
    .requiredOption('--size <size>', 'of each volume, such as 20Gi')
    .option('--node <name...>', 'only these nodes')
    .action((network: string, flags: OperationFlags & { size: string; node?: string[] }, command: Command) =>
      operate(port, command, {
        target: { network },
        order: { type: 'ExpandStorage', storageSize: flags.size, ...(flags.node === undefined ? {} : { nodes: flags.node }) },
        flags,
      }),
    );
  for (const [verb, type, about] of [
    ['fence', 'Fence', 'stop nodes and keep them stopped; pods and volumes stay for a look'],
    ['unfence', 'Unfence', 'let fenced nodes run again'],
    ['rebuild', 'RebuildNode', 'give nodes a fresh ledger from their peers'],
  ] as const)
    operation(program.command(verb).description(about))
      .argument('<node...>', 'nodes of one network, such as health-2')
      .action((nodes: string[], flags: OperationFlags, command: Command) =>
        operate(port, command, { target: { nodes }, order: { type }, flags }),
      );
  operation(program.command('certs').description('when the nodes’ certificates end; with an option, new ones'))
    .argument('[network]')
    .option('--rotate', 'issue every node of the network a new certificate, one after the other')
    .option('--rotate-ca', 'a new certificate authority, trusted besides the old one until every node has its certificate')
    .addOption(
      new Option('--overlap <seconds>', 'with --rotate-ca: how long both are trusted before and after').argParser(
        wholeNumber(0, 2_592_000),
      ),
    )
    .action((network: string | undefined, flags: CertFlags, command: Command) => certs(port, command, network, flags));
  waitable(program.command('abort').description('begin no further step of an operation; what is done stays'))
    .argument('<operation>', 'a LedgerOperation')
    .action((name: string, _flags, command: Command) =>
      port.run(command, async (context) => (await import('./approve.ts')).abortCommand(context, name)),
    );
  program
    .command('approve')
    .description('let an operation or a change of validators with approval Manual begin')
    .argument('<name>', 'a LedgerOperation or ValidatorChange')
    .option('--dry-run', 'let the server check it, and keep nothing')
    .action((name: string, _flags, command: Command) =>
      port.run(command, async (context) => (await import('./approve.ts')).approveCommand(context, name)),
    );
}

type CertFlags = OperationFlags & { readonly rotate?: boolean; readonly rotateCa?: boolean; readonly overlap?: number };

function certs(port: Port, command: Command, network: string | undefined, flags: CertFlags): Promise<void> {
  if (flags.rotate !== true && flags.rotateCa !== true)
    return port.run(command, async (context) => (await import('./certs.ts')).certsCommand(context, network));
  if (network === undefined || (flags.rotate === true && flags.rotateCa === true))
    command.error('error: name the network whose certificates are to be rotated, and one of --rotate and --rotate-ca');
  const overlap = flags.overlap === undefined ? {} : { overlapSeconds: flags.overlap };
  const order = flags.rotateCa === true ? { type: 'RotateCA', ...overlap } : { type: 'RotateCertificates' };
  return operate(port, command, { target: { network: network ?? '' }, order, flags });
}

function addBackups(program: Command, { run }: Port): void {
  waitable(program.command('backup').description('take a backup of a network, verified before it counts'))
    .argument('<network>')
    .option('--claim <name>', 'volume claim of the same namespace that it is put on')
    .option('--s3 <endpoint>', 'https://host[:port] of an S3-compatible server')
    .option('--bucket <name>', 'with --s3')
    .option('--secret <name>', 'with --s3: Secret of the same namespace with accessKeyId and secretAccessKey')
    .option('--region <name>', 'with --s3')
    .option('--path <folder>', 'folder on the volume or in the bucket')
    .addHelpText('after', '\nWithout a place it goes where the schedule of the network, or its last backup, put the others.')
    .action((name: string, flags: WaitFlags & TargetFlags, command: Command) =>
      run(command, async (context) =>
        (await import('./backup.ts')).backupCommand(context, name, { ...flags, wait: flags.wait ?? false, timeoutSeconds: flags.timeout }),
      ),
    );
  waitable(program.command('restore').description('found a new network from a backup; nothing that is there is written over'))
    .argument('<backup>', 'a LedgerBackup')
    .argument('<name>', 'of the new LedgerNetwork')
    .requiredOption('--chain-id <id>', 'of the new chain: another one than that of the backup')
    .addOption(new Option('--engine <engine>', 'default from CityConfig').choices(['embedded', 'cometbft']))
    .addOption(new Option('--validators <count>', 'default from CityConfig').argParser(wholeNumber(1, VALIDATORS_MAX)))
    .option('--allow-downtime', 'accept fewer than four validators')
    .action((backup: string, name: string, flags: WaitFlags & Omit<RestoreFlags, 'wait' | 'timeoutSeconds'>, command: Command) =>
      run(command, async (context) =>
        (await import('./backup.ts')).restoreCommand(
          context,
          { backup, name },
          { ...flags, wait: flags.wait ?? false, timeoutSeconds: flags.timeout },
        ),
      ),
    );
  waitable(program.command('restore-node').description('rebuild a fenced node from a backup of its own chain; its key stays'))
    .argument('<backup>', 'a LedgerBackup of the node’s network')
    .argument('<node>', 'a fenced node of it; its ledger is dropped')
    .action((backup: string, node: string, flags: WaitFlags, command: Command) =>
      run(command, async (context) =>
        (await import('./backup.ts')).restoreNodeCommand(
          context,
          { backup, node },
          { wait: flags.wait ?? false, timeoutSeconds: flags.timeout },
        ),
      ),
    );
}

function addSwitches(program: Command, { run }: Port): void {
  const verbs: readonly (readonly [keyof typeof SWITCHES, string])[] = [
    ['hibernate', 'end all pods of a network; volumes, keys and addresses stay'],
    ['wake', 'bring a hibernated network back'],
    ['pause', 'have the operator look and report, and change nothing'],
    ['resume', 'have the operator work on the network again'],
  ];
  for (const [verb, about] of verbs) {
    const command = waitable(program.command(verb).description(about)).argument('<network>');
    if (verb === 'hibernate') command.option('--yes', 'do it: the network stops answering');
    command.action((name: string, flags: WaitFlags & { yes?: boolean }, self: Command) =>
      run(self, async (context) =>
        (await import('./switch-network.ts')).switchCommand(context, verb, name, {
          ...{ wait: flags.wait ?? false, timeoutSeconds: flags.timeout },
          yes: flags.yes ?? false,
        }),
      ),
    );
  }
}

const AFTER = `
Exit codes: kubectl civitas help exit-codes`;

/** The command line of `kubectl civitas`. */
export function createPlugin({ run, exit }: Port): Command {
  const port: Port = {
    exit,
    run: (command, body) =>
      run(command, async (context) => {
        try {
          return await body(context);
        } catch (error) {
          throw readable(error);
        }
      }),
  };
  const program = new Command('kubectl civitas')
    .description('A city’s ledgers on this cluster: how they are, why something waits, and what is done to them.')
    .version(VERSION)
    .option('--kubeconfig <file>', 'default: KUBECONFIG, ~/.kube/config, else the city on this machine')
    .option('--context <name>', 'of the kubeconfig')
    .option('-n, --namespace <name>', 'look there alone (default: everywhere you may)')
    .addOption(new Option('-o, --output <form>', 'one JSON document instead of words').choices(['json']))
    .showHelpAfterError('(kubectl civitas --help says more)')
    .addHelpText('after', AFTER)
    .addHelpCommand(false);
  addLooks(program, port);
  addSupport(program, port);
  addJoinBundle(program, port);
  addOperations(program, port);
  addSwitches(program, port);
  addBackups(program, port);
  return program;
}
