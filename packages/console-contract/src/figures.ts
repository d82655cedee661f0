import { type Static, Type } from '@sinclair/typebox';
import { closed, whole } from './shape.ts';

/** What the first node of a network told of itself at one moment. */
const Sample = closed({
  atUnixMs: whole('When it was asked.'),
  height: whole('Height of its last block.'),
  blockAgeMs: whole('Time since that block.'),
  operationsPerMinute: whole('Operations in blocks since the sample before.'),
  waiting: whole('Operations that wait for their receipt.'),
  oldestPacketMs: whole('Age of the oldest packet without acknowledgement; 0 for none.'),
  volumeUsedPercent: Type.Optional(whole('Share of its volume in use.')),
  commitMs: Type.Optional(whole('Mean time to a receipt since the sample before; left out when there was none.')),
});

/** The last half hour of a network, from the metrics that Prometheus would read; kept in memory alone. */
export const NetworkFigures = closed({
  heard: Type.Boolean({ description: 'Whether its node answered the last question.' }),
  sampleEveryMs: whole('How often it is asked.'),
  samples: Type.Array(Sample, { description: 'Oldest first.', maxItems: 120 }),
});
export type NetworkFigures = Static<typeof NetworkFigures>;
