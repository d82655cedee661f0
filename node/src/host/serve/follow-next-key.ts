import { equalBytes, hexEncode } from '@civitas/canon';
import { keyOfRecord } from '../../core/validators/records.ts';
import type { NextConsensusKey } from '../keys/next-consensus-key.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';

export interface FollowNextKey {
  readonly ledger: Pick<LedgerHost, 'validators' | 'onCommit'>;
  readonly next: NextConsensusKey | undefined;
  readonly log: { warn(event: string, fields?: object): void };
  /** The key on the volume is another one than this process runs with: it must end. */
  readonly onPromoted: (error: Error) => void;
}

/**
 * Goes over to the next consensus key once the next block is one that it signs: by then the former key signs none, so that neither of them
 * can count twice, and what the other validators need for a block stays the same throughout.
 *
 * @returns ends it.
 */
export function followNextKey({ ledger, next, log, onPromoted }: FollowNextKey): () => void {
  if (next === undefined) return () => undefined;
  const look = (): void => {
    const own = ledger.validators.all().find((validator) => equalBytes(keyOfRecord({ ...validator, status: 'active' }), next.publicKey));
    if (own?.standing !== 'active') return;
    stop();
    try {
      next.promote();
    } catch (error) {
      // What is on the volume is what the next start reads.
      return onPromoted(new Error('the next consensus key could not take its place', { cause: error }));
    }
    log.warn('consensus-key-changed', { validator: own.address, publicKey: hexEncode(next.publicKey) });
    onPromoted(new Error('the node goes on under its next consensus key: it must start again'));
  };
  const stop = ledger.onCommit(look);
  look();
  return stop;
}

/** Throws where nothing catches it: the supervisor starts the process again. */
export function endProcess(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
