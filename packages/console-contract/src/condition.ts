import { type Static, Type } from '@sinclair/typebox';
import { closed, oneOf, text, time, whole } from './shape.ts';

/** A condition of a resource, as its status has it. */
export const Condition = closed({
  type: text('CamelCase name.', 128),
  status: oneOf(['True', 'False', 'Unknown'], 'Whether it holds.'),
  reason: text('CamelCase, for machines.', 128),
  message: text('For people, in English.', 1024),
  lastTransitionTime: time('When the status last changed.'),
  observedGeneration: Type.Optional(whole('Generation of the spec it speaks of.')),
});

/** Fields that everything made of a Kubernetes object has. */
export const objectHead = {
  name: text('Name.', 63),
  resourceVersion: text('Version of the object; the ETag.', 64),
  createdAt: time('When it was made.'),
  deletedAt: Type.Optional(time('Since when it is being removed.')),
  generation: whole('Generation of the spec.'),
  observedGeneration: Type.Optional(whole('Generation of the spec that the status answers.')),
  phase: text('The conditions in one word; empty while there is no status.', 128),
  conditions: Type.Array(Condition),
};

export type Condition = Static<typeof Condition>;
