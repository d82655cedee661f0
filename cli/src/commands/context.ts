import type { Parties } from '../sdk/parties.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What every command gets. */
export interface CommandContext {
  readonly home: string;
  /** Profile named with --as. */
  readonly as: string | undefined;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Opened when first asked for, closed at the end; missing certificates are fetched first. */
  parties(): Promise<Parties>;
}
