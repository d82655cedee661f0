import type { CodeMeanings } from '@civitas/canon';

/** Codes of links, in receipts of the five relay verbs and in acknowledgements. */
export const LINK_REFUSALS = {
  CLIENT_UNKNOWN: { meaning: 'This ledger has no light client of that network.', remedy: 'Members approve one (LedgerLink).' },
  CLIENT_NOT_ACTIVE: {
    meaning: 'The light client is stale, superseded or tombstoned.',
    remedy: 'Update it when it is stale; otherwise the link has ended.',
  },
  HEADER_TOO_OLD: {
    meaning: 'No verified header stands below the one shown, or the one shown adds nothing.',
    remedy: 'Show a newer header.',
  },
  VALIDATORS_UNKNOWN: {
    meaning: 'The set that the trusted header announced is not kept.',
    remedy: 'Show the adjacent header with its set.',
  },
  HEADER_UNKNOWN: {
    meaning: 'The client has not verified the header that the proof is against.',
    remedy: 'Bring the client to that header first.',
  },
  PROOF_INVALID: {
    meaning: 'The proof does not lead from the record to the header.',
    remedy: 'Prove it again; report the relay if it persists.',
  },
  TIMEOUT_RANGE: { meaning: "A packet's deadline is past or too far ahead.", remedy: 'Choose a deadline within the range.' },
  PORT_NOT_ALLOWED: { meaning: 'The terms of the link do not allow this port.', remedy: 'Members change the terms.' },
  LANE_BUSY: { meaning: 'A packet of the same lane is still open.', remedy: 'Wait for its acknowledgement.' },
  QUOTA: { meaning: 'The link carried its packets or bytes of this minute.', remedy: 'Wait for the next minute.' },
  PACKET_MISROUTED: { meaning: 'The packet names another source or destination.', remedy: 'Deliver it where it belongs.' },
  PACKET_TIMED_OUT: {
    meaning: "The packet came after its deadline by this ledger's time.",
    remedy: 'Prove its absence to the source, which then refunds.',
  },
  RECEIPT_CONFLICT: {
    meaning: 'A different packet with this sequence was received before.',
    remedy: 'Stop the relay and report: the source has equivocated.',
  },
  ACKNOWLEDGEMENT_MISMATCH: {
    meaning: 'The packet shown is not the one that was sent, or it is settled already.',
    remedy: 'Nothing when it was settled; otherwise report the relay.',
  },
  NOT_TIMED_OUT: { meaning: 'The proven header is not past the deadline.', remedy: 'Wait and prove against a later header.' },
  NOT_DEFERRED: { meaning: 'No deferred acknowledgement is open for this packet.', remedy: 'Nothing: it was answered.' },
  PAST_DUE: { meaning: 'A deferred answer comes after its due time.', remedy: 'Nothing: the source takes it as unanswered.' },
  UNKNOWN_PORT: { meaning: 'The contract has no such port or payload version.', remedy: 'Upgrade the side that is behind.' },
  UNDONE: {
    meaning: 'Another payload of the packet failed, so this one was rolled back.',
    remedy: 'Look at the payload that `payload` names.',
  },
} as const satisfies CodeMeanings;
