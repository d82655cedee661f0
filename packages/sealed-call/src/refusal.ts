import type { CodeMeanings } from '@civitas/canon';

/** Codes of sealed calls, besides MALFORMED and SIGNATURE_INVALID. */
export const SEALED_CALL_REFUSALS = {
  CALL_TOO_LARGE: { meaning: 'A sealed call is larger than a gateway takes.', remedy: 'Send less than `bytesMax` bytes.' },
  SEAL_INVALID: {
    meaning: 'Call or answer cannot be opened with the key it names, or was changed on the way.',
    remedy: "Fetch the audience's current key from the membership; report if it persists.",
  },
  CALL_TIME: { meaning: "The call was issued too far from the gateway's clock.", remedy: 'Set the clock; send a fresh call.' },
} as const satisfies CodeMeanings;
