import { Argument, Command, Option } from 'commander';
import type { CommandContext } from './commands/context.ts';
import type { GlobalOptions } from './commands/open-context.ts';
import { exitCodePage } from './exit-codes.ts';
import type { ProgramPort as AnyProgramPort } from './run-program.ts';

export type ProgramPort = AnyProgramPort<CommandContext>;

const networkOption = (): Option => new Option('-n, --network <name>', 'network, such as health').makeOptionMandatory();

function addIngest(program: Command, { run }: ProgramPort): void {
  const ingest = program.command('ingest').description('take real data in; what is bad is quarantined, the rest goes in');
  ingest
    .command('health')
    .description('FHIR R4 bundles: content to the hospital’s vault, salted commitments to the index')
    .argument('<files...>', 'bundles, *.json')
    .option('--quarantine <file>', 'report of what did not go in, JSON lines (default: <home>/quarantine/…)')
    .action((files: string[], options: { quarantine?: string }, command: Command) =>
      run(command, async (context) => (await import('./commands/ingest-health.ts')).ingestHealthCommand(context, files, options)),
    );
  ingest
    .command('transport')
    .description('road traffic fines, CSV in the columns of the Road Traffic Fine Management log')
    .argument('<files...>', '*.csv')
    .option('--quarantine <file>', 'report of what did not go in, JSON lines (default: <home>/quarantine/…)')
    .option('--bank <agency>', 'profile that confirms payments', 'bank-1')
    .action((files: string[], options: { quarantine?: string; bank: string }, command: Command) =>
      run(command, async (context) => (await import('./commands/ingest-transport.ts')).ingestTransportCommand(context, files, options)),
    );
}

function addLedger(program: Command, { run }: ProgramPort): void {
  program
    .command('submit')
    .description('sign one operation with a profile’s key and submit it')
    .addOption(networkOption())
    .requiredOption('-c, --contract <name@vN>', 'contract, such as health.index@v1')
    .requiredOption('-m, --method <name>', 'method')
    .option('-a, --args <json|@file>', 'arguments', '{}')
    .option('-r, --role <role>', 'role the organisation acts in', 'member')
    .option('--actor <name>', 'pseudonym of the person who acts')
    .option('--idempotency-key <base64url>', '16 bytes; the same key names the same record')
    .option('--co-sign', 'co-sign with the profile’s approver key (enrolled first where it is not)')
    .action((options, command: Command) =>
      run(command, async (context) =>
        (await import('./commands/submit.ts')).submitCommand(context, { ...options, key: options.idempotencyKey }),
      ),
    );
  program
    .command('read')
    .description('read one record; with --proof verified here, from the genesis on')
    .argument('<key>', 'contract/collection/id')
    .addOption(networkOption())
    .option('--proof', 'fetch the proof and verify it')
    .option('-o, --out <file>', 'write the proof as a file that `civitas verify` takes')
    .action((key: string, options, command: Command) =>
      run(command, async (context) => (await import('./commands/read.ts')).readCommand(context, key, options)),
    );
  program
    .command('receipt')
    .description('what became of an operation, with its proof verified')
    .argument('<hash>', 'operation hash, base64url')
    .option('-n, --network <name>', 'network (default: asks each)')
    .action((hash: string, options, command: Command) =>
      run(command, async (context) => (await import('./commands/receipt.ts')).receiptCommand(context, hash, options)),
    );
  program
    .command('blocks')
    .description('the newest blocks of a network')
    .addOption(networkOption())
    .option('-l, --limit <count>', '1 … 200', '20')
    .action((options, command: Command) =>
      run(command, async (context) => (await import('./commands/blocks.ts')).blocksCommand(context, options)),
    );
  program
    .command('access')
    .description('who read what about a citizen, and why')
    .requiredOption('-s, --subject <id>', 'the citizen’s city subject id, or: last (the newest case’s)')
    .action((options, command: Command) =>
      run(command, async (context) => (await import('./commands/access.ts')).accessCommand(context, options)),
    );
}

function addCity(program: Command, { run }: ProgramPort): void {
  program
    .command('status')
    .description('networks, links and agencies')
    .action((_options, command: Command) => run(command, async (context) => (await import('./commands/status.ts')).statusCommand(context)));
  program
    .command('links')
    .description('the links and what is on its way')
    .action((_options, command: Command) => run(command, async (context) => (await import('./commands/status.ts')).linksCommand(context)));
  program
    .command('login')
    .description('fetch the certificates of this machine’s credential profiles and list them')
    .action((_options, command: Command) => run(command, async (context) => (await import('./commands/login.ts')).loginCommand(context)));
}

function addNetwork(program: Command, port: ProgramPort): void {
  const { run } = port;
  const network = program.command('network').description('who runs a network, and who decides that');
  network
    .command('validators')
    .description('who signs the blocks, what that needs and survives, who misbehaved')
    .addOption(networkOption())
    .action((options: { network: string }, command: Command) =>
      run(command, async (context) => (await import('./commands/network-validators.ts')).validatorsCommand(context, options.network)),
    );
  network
    .command('grow')
    .description('more validators, on CometBFT: shows what that takes, and with --yes does it')
    .argument('<network>', 'network, such as health')
    .requiredOption('--validators <count>', 'validators it is to have, 4 or more')
    .option('--yes', 'do it')
    .option('--no-wait', 'do not follow it until it is done')
    .option('--namespace <name>', 'of the network, where several have its name')
    .action((name: string, options, command: Command) =>
      run(command, async (context) => (await import('./commands/network-grow.ts')).networkGrowCommand(context, name, options)),
    );
  network
    .command('propose-validator')
    .description('propose that a validator comes or goes; founders approve it')
    .addArgument(new Argument('<verb>', 'what to propose').choices(['add', 'remove']))
    .addOption(networkOption())
    .option('--node <name>', 'name of the node')
    .option('--organisation <name>', 'organisation that runs it (add)')
    .option('--public-key <base64url>', 'its Ed25519 consensus key')
    .option('--allow-fewer', 'go below four validators, where none may fail (remove)')
    .option('-r, --role <role>', 'role the organisation acts in: platform or member', 'member')
    .action((verb: 'add' | 'remove', options, command: Command) =>
      run(command, async (context) => (await import('./commands/propose-validator.ts')).proposeValidatorCommand(context, verb, options)),
    );
  addProposals(network, port);
}

function addProposals(network: Command, { run }: ProgramPort): void {
  const load = () => import('./commands/proposals.ts');
  const proposal = (name: string): Command =>
    network
      .command(name)
      .addOption(networkOption())
      .option('-r, --role <role>', 'role the organisation acts in: platform or member', 'member');
  network
    .command('proposals')
    .description('what waits for founders, who approved it, and who decides')
    .addOption(networkOption())
    .action((options: { network: string }, command: Command) =>
      run(command, async (context) => (await load()).proposalsCommand(context, options.network)),
    );
  proposal('approve')
    .description('approve a proposal as a founder, co-signed by its approver')
    .argument('<proposal>', 'as `network proposals` lists it')
    .action((id: string, options, command: Command) =>
      run(command, async (context) => (await load()).approveProposalCommand(context, id, options)),
    );
  proposal('withdraw')
    .description('take back a proposal of one’s own (from protocol version 2 on)')
    .argument('<proposal>', 'as `network proposals` lists it')
    .action((id: string, options, command: Command) =>
      run(command, async (context) => (await load()).withdrawProposalCommand(context, id, options)),
    );
  proposal('propose-protocol')
    .description('propose the next rules that blocks are executed by; founders approve it')
    .argument('<version>', 'the one after the version in force')
    .option('--after-blocks <count>', 'blocks between the decision and the first block of them (default 60)')
    .option('--cancel', 'take back a decision that has not come to its height')
    .action((version: string, options, command: Command) =>
      run(command, async (context) => (await load()).proposeProtocolCommand(context, version, options)),
    );
}

function addPacks(program: Command, { run }: ProgramPort): void {
  program
    .command('pack')
    .description('packs of contracts, which founders let into a network')
    .command('sign')
    .description('sign a pack as its publisher and print the PackInstall that `kubectl apply -f -` takes')
    .argument('<contracts...>', 'contracts, such as courts.evidence@v1')
    .addOption(networkOption())
    .requiredOption('-k, --key <file>', 'the publisher’s Ed25519 private key, PEM')
    .requiredOption('--name <name>', 'name of the pack')
    .requiredOption('--pack-version <version>', 'its version, such as 1.0.0')
    .option('--namespace <namespace>', 'where the network lives', 'jincheng')
    .action((contracts: string[], { key, network, namespace, name, packVersion }, command: Command) =>
      run(command, async (context) =>
        (await import('./commands/pack-sign.ts')).packSignCommand(context, {
          ...{ key, network, namespace, pack: { name, version: packVersion, contracts } },
        }),
      ),
    );
}

function addCases(program: Command, { run }: ProgramPort): void {
  const cases = program.command('case').description('play a random case across ledgers, each party with its own credentials');
  cases
    .command('run')
    .description('play it, export its evidence, verify that')
    .argument('<flow>', 'serious-illness or traffic-fine')
    .option('-b, --branch <name>', 'see case list-branches', 'happy')
    .option('--seed <number>', 'the same person and amounts again')
    .option('-o, --out <file>', 'evidence bundle (default: <home>/cases/<id>.json)')
    .option('--account <id>', 'account that the citizen signs in to the console with (“About me” names it)')
    .action((flow: string, options, command: Command) =>
      run(command, async (context) => (await import('./commands/case-run.ts')).caseRunCommand(context, flow, options)),
    );
  cases
    .command('list-branches')
    .description('flows and their branches')
    .action((_options, command: Command) =>
      run(command, async (context) => (await import('./commands/case-run.ts')).listBranchesCommand(context.terminal)),
    );
}

function addCitizen(program: Command, { run }: ProgramPort): void {
  program
    .command('citizen')
    .description('people who belong to no agency')
    .command('tie')
    .description('tie an account of the identity provider to a person whose identity the portal has seen; once and for all')
    .requiredOption('--account <id>', 'the account’s number, as “About me” in the console names it')
    .requiredOption('--identity <json|@file>', '{"system", "identifier"}; @- reads it from standard input')
    .action((options, command: Command) =>
      run(command, async (context) => (await import('./commands/citizen-tie.ts')).citizenTieCommand(context, options)),
    );
}

function addBackup(program: Command, { run, exit }: ProgramPort): void {
  program
    .command('backup')
    .description('write a network’s whole state, with the headers that prove it, to a folder (vaults and keys are not in it)')
    .addOption(networkOption())
    .requiredOption('-t, --to <folder>', 'new folder')
    .option('--node <host:port>', 'take it through this node (default: the network’s gateway)')
    .action((options, command: Command) =>
      run(command, async (context) => (await import('./commands/backup.ts')).backupCommand(context, options)),
    );
  program
    .command('restore')
    .description('prepare a node’s empty volume from a backup folder, offline')
    .argument('<folder>')
    .requiredOption('-t, --to <volume>', 'data folder of the node')
    .action(async (folder: string, _options, command: Command) => {
      const options: GlobalOptions & { to: string } = command.optsWithGlobals();
      exit(await (await import('./commands/restore.ts')).restoreCommand(options, folder));
    });
}

const FIRST_STEPS = `
Try, while a city runs (npm start):
  civitas status
  civitas case run serious-illness
  civitas access --subject last
  civitas read city.registry/networks/jincheng-health-1 -n city --proof
  civitas verify <the file that case run names>

Exit codes: civitas help exit-codes`;

/** The command line of `civitas`. */
export function createProgram(port: ProgramPort): Command {
  const program = new Command('civitas')
    .description('A city’s ledgers: ingest, submit, read with proof, play cases, verify evidence.')
    .version('0.1.0')
    .option('--as <agency>', 'credential profile to act with, such as hospital-1')
    .option('--home <folder>', 'home folder (default: CIVITAS_HOME, or the nearest .civitas)')
    .option('--json', 'print one JSON document')
    .showHelpAfterError('(civitas --help says more)')
    .addHelpText('after', FIRST_STEPS);
  addCity(program, port);
  addIngest(program, port);
  addLedger(program, port);
  addNetwork(program, port);
  addPacks(program, port);
  addCases(program, port);
  addCitizen(program, port);
  addBackup(program, port);
  program
    .command('verify')
    .description('verify an evidence bundle, a proof file or a backup folder offline')
    .argument('<file>')
    .action(async (file: string, _options, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      port.exit(await (await import('./commands/verify.ts')).verifyCommand(options, file));
    });
  program.addHelpCommand(false);
  program
    .command('help')
    .argument('[command...]')
    .description('help for a command, or: help exit-codes')
    .action((words: string[]) => {
      if (words[0] === 'exit-codes') {
        process.stdout.write(`Exit codes\n${exitCodePage()}\n`);
        return;
      }
      let found: Command = program;
      for (const word of words) found = found.commands.find((command) => command.name() === word) ?? found;
      found.outputHelp();
    });
  return program;
}
