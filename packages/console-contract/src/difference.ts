import { type Static, Type } from '@sinclair/typebox';
import { closed, text } from './shape.ts';

/** One difference between what is there, or what was asked, and what the API server would store. */
export const Difference = closed({
  path: text('Field, such as `spec.engine`.', 256),
  before: Type.Optional(Type.Unknown({ description: 'Left out where there was nothing.' })),
  after: Type.Optional(Type.Unknown({ description: 'Left out where there will be nothing.' })),
});

export type Difference = Static<typeof Difference>;
