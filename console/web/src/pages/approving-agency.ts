interface Choice {
  /** Agencies in whose name the person may approve, as things stand now. */
  readonly mine: readonly string[];
  /** What they have chosen, or approved with before they were asked for a second factor; empty for neither. */
  readonly chosen: string;
  /** Agency that they work for in this tab; empty for all of theirs. */
  readonly acting: string;
}

/**
 * The agency in whose name an approval is given; empty where there is none. What was chosen stays, though that agency may approve no more:
 * nobody approves in another one's name than they have seen.
 */
export function approvingAgency({ mine, chosen, acting }: Choice): string {
  if (chosen !== '') return chosen;
  return mine.includes(acting) ? acting : (mine[0] ?? '');
}
