import { NOTHING, type ReasonTexts } from './reason.ts';

/** Fences, sleep and removals. */
export const MEMBER_REASONS: ReasonTexts = {
  Asleep: { means: 'It is hibernated: no pods; volumes and keys stay.', then: 'kubectl civitas wake <network>.' },
  ChainEnded: { means: 'A chain of this id has ended, and an id stands for one chain for ever.', then: 'Choose another chainId.' },
  Closing: { means: 'Its nodes are asked for their last block before it is removed.', then: NOTHING },
  FallingAsleep: { means: 'Its pods are being ended.', then: NOTHING },
  GrantWithdrawn: {
    means: 'It is fenced: it signs nothing, and pod and volume stay.',
    then: 'kubectl civitas unfence <node>, once it may run again.',
  },
  Resizing: { means: 'A volume is growing.', then: NOTHING },
  RoomEnough: { means: 'The volumes have room.', then: NOTHING },
  StillSigning: {
    means: 'It is to be fenced, and signs until the chain can do without it.',
    then: 'Bring the other validators back: kubectl civitas status shows them.',
  },
  Stopping: { means: 'Its pods are being stopped.', then: NOTHING },
};
