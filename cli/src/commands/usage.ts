import { EXIT } from '../exit-codes.ts';
import { Fault } from '../fault.ts';

/** The command line is wrong and nothing was done. @param message What was got and what was expected. */
export function usage(message: string): Fault {
  return new Fault('USAGE', message, { exitCode: EXIT.usage });
}

/** A whole number of an option. @throws Fault USAGE outside min … max. */
export function wholeNumberOf(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw usage(`${option} is '${text}', expected a whole number ${min} … ${max}`);
}
