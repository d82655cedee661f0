// One process of the load generator: signs operations beforehand and submits them over one stream a node. Driven over IPC.
import { PORTS } from '@civitas/deployment';
import type { LoadAnswer, LoadCommand, LoadSetup } from './load-messages.ts';
import { OperationMaker, type PreparedMessage } from './operations.ts';
import { runLoad } from './run-load.ts';
import { openSubmitStreams } from './submit-streams.ts';

const setup = JSON.parse(process.argv[2] ?? '') as LoadSetup;
const identity = { ...setup.identity, genesisHash: new Uint8Array(Buffer.from(setup.identity.genesisHash, 'base64url')) };
const maker = new OperationMaker(identity);
const prepared: PreparedMessage[] = [];
let groupSize = 1;
const streams = await openSubmitStreams(setup, PORTS.grpc);
const answer = (message: LoadAnswer): void => void process.send?.(message);

async function obey(command: LoadCommand): Promise<void> {
  switch (command.do) {
    case 'prepare':
      prepared.length = 0;
      groupSize = command.groupSize;
      for (let made = 0; made < command.operations; made += groupSize) prepared.push(maker.registrations(groupSize));
      return answer({ did: 'prepared' });
    case 'run':
      return answer({
        did: 'ran',
        result: await runLoad(streams, { prepared, makeMore: () => maker.registrations(groupSize) }, command.run),
      });
    case 'stop':
      streams.close();
      process.disconnect();
  }
}

process.on('message', (command) => {
  obey(command as LoadCommand).catch((error: unknown) => {
    process.stderr.write(`load process: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
answer({ did: 'prepared' });
