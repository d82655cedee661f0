/** What the shell is told. Codes are API: documented in docs/reference/exit-codes.md and never reused. */
export const EXIT = {
  ok: 0,
  fault: 1,
  usage: 2,
  refused: 3,
  partly: 4,
  unverified: 5,
  timedOut: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODE_MEANINGS: readonly { readonly code: ExitCode; readonly meaning: string }[] = [
  { code: EXIT.ok, meaning: 'Done.' },
  { code: EXIT.fault, meaning: 'Fault: the world failed (a node down, a file unreadable, a profile missing). Worth trying again.' },
  { code: EXIT.usage, meaning: 'Usage: the command line is wrong; nothing was done.' },
  {
    code: EXIT.refused,
    meaning: 'Refused: a ledger or the cluster said no; its code and facts are printed. The same request will be refused again.',
  },
  {
    code: EXIT.partly,
    meaning:
      'Partly done: something was quarantined (file, position and reason are in the report), or `why --check` found something that is not green.',
  },
  { code: EXIT.unverified, meaning: 'Verification failed: a proof, signature or bundle does not hold.' },
  { code: EXIT.timedOut, meaning: 'Timed out: a step of a link or a person did not come in time; the message names it.' },
  { code: EXIT.interrupted, meaning: 'Interrupted with Ctrl-C; what was acknowledged stays.' },
];

/** The page of `civitas help exit-codes` and of the reference. */
export function exitCodePage(): string {
  return EXIT_CODE_MEANINGS.map(({ code, meaning }) => `${String(code).padStart(4)}  ${meaning}`).join('\n');
}
