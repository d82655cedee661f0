import { EXIT, type ExitCode } from '../exit-codes.ts';
import { PORTAL } from '../flows/person.ts';
import type { CommandContext } from './context.ts';
import { argsOf } from './submit.ts';
import { usage } from './usage.ts';

/** Ties an account to a person, as the portal's counter does once it has seen who somebody is. */
export async function citizenTieCommand(context: CommandContext, options: { account: string; identity: string }): Promise<ExitCode> {
  const { system, identifier, ...others } = argsOf(options.identity, '--identity');
  if (typeof system !== 'string' || typeof identifier !== 'string' || Object.keys(others).length > 0)
    throw usage('--identity must be {"system": "…", "identifier": "…"}');
  const parties = await context.parties();
  const { citySubject } = await parties.subjects(context.as ?? PORTAL).tieAccount({ system, identifier, account: options.account });
  context.terminal.line(`tied: city subject ${citySubject}`);
  context.terminal.result({ citySubject });
  return EXIT.ok;
}
