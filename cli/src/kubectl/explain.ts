import { usage } from '../commands/usage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { CONDITIONS, REASON_TABLES, reasonText } from './reasons/index.ts';

/** What a reason or a type of condition means and what to do; asks no cluster. @throws Fault USAGE for a word that is none. */
export function explainCommand(terminal: Terminal, word: string): ExitCode {
  const known = reasonText(word);
  const condition = CONDITIONS[word];
  if (known === undefined && condition === undefined) {
    const near = [...Object.keys(CONDITIONS), ...REASON_TABLES.flatMap(({ reasons }) => Object.keys(reasons))].filter(
      (name) => name.toLowerCase().includes(word.toLowerCase()) || word.toLowerCase().includes(name.toLowerCase()),
    );
    throw usage(
      `'${word}' is no condition and no reason${near.length === 0 ? '' : `; did you mean ${[...new Set(near)].sort().join(', ')}?`}`,
    );
  }
  if (condition !== undefined) terminal.line(`${word} (condition, ${condition.green} when all is well): ${condition.about}`);
  if (known !== undefined) terminal.line(`${word} (reason): ${known.means} → ${known.then}`);
  terminal.result({ word, condition: condition ?? null, reason: known ?? null });
  return EXIT.ok;
}
