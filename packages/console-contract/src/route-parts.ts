import { Type } from '@sinclair/typebox';
import { closed, name } from './shape.ts';

/** Parameters of a path that names one thing. */
export const byName = closed({ name: name('Name.') });
/** Query of what can be tried without doing it. */
export const dryRunQuery = closed({
  dryRun: Type.Optional(Type.Boolean({ description: 'Checks and shows what would be; changes nothing.' })),
});
