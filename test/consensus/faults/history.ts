/** One answered operation as its client saw it, with the place the ledger gave it. */
export interface Answered {
  readonly operationHash: string;
  /** The record it tries to make: only the first may succeed. */
  readonly recordId: string;
  /** The client's clock, ms: when it was first handed over, and when its receipt came. */
  readonly submittedAtMs: number;
  readonly answeredAtMs: number;
  readonly height: number;
  readonly index: number;
  readonly outcome: 'made' | 'exists';
}

function isBefore(left: Answered, right: Answered): boolean {
  return left.height < right.height || (left.height === right.height && left.index < right.index);
}

function inLedgerOrder(history: readonly Answered[]): readonly Answered[] {
  return [...history].sort((left, right) => (isBefore(left, right) ? -1 : 1));
}

function doubledPlaces(ordered: readonly Answered[]): string[] {
  const findings: string[] = [];
  for (const [at, operation] of ordered.entries()) {
    const next = ordered[at + 1];
    if (next !== undefined && !isBefore(operation, next)) findings.push(`two operations stand at ${operation.height}/${operation.index}`);
  }
  const hashes = new Set(ordered.map(({ operationHash }) => operationHash));
  if (hashes.size !== ordered.length) findings.push(`${ordered.length - hashes.size} operations stand at two places`);
  return findings;
}

/** An operation that was answered before another was handed over must stand before it. */
function realTimeBreaks(ordered: readonly Answered[]): string[] {
  const findings: string[] = [];
  let latestSubmitted: Answered | undefined;
  for (const operation of ordered) {
    if (latestSubmitted !== undefined && operation.answeredAtMs < latestSubmitted.submittedAtMs) {
      findings.push(
        `${operation.operationHash} at ${operation.height}/${operation.index} was answered before ` +
          `${latestSubmitted.operationHash} at ${latestSubmitted.height}/${latestSubmitted.index} was handed over`,
      );
    }
    if (latestSubmitted === undefined || operation.submittedAtMs > latestSubmitted.submittedAtMs) latestSubmitted = operation;
  }
  return findings;
}

/** The ledger order run through the rule of one record: made once, existing from then on. */
function ruleBreaks(ordered: readonly Answered[]): string[] {
  const made = new Set<string>();
  const findings: string[] = [];
  for (const { recordId, outcome, operationHash } of ordered) {
    const expected = made.has(recordId) ? 'exists' : 'made';
    if (outcome !== expected) findings.push(`${operationHash} on ${recordId} came out as ${outcome}, the order says ${expected}`);
    made.add(recordId);
  }
  return findings;
}

/**
 * Whether a history of acknowledged operations is linearizable: the ledger's own order is the witness, so it is enough that the order
 * respects real time and that the outcomes are those of running it one after another (Herlihy and Wing 1990).
 *
 * @param history every acknowledged operation on the records it names; operations without an answer are left out, and a record whose
 *   first maker never got an answer must be left out too.
 * @returns what is wrong, in words; empty when nothing is.
 */
export function findingsOf(history: readonly Answered[]): readonly string[] {
  const ordered = inLedgerOrder(history);
  return [...doubledPlaces(ordered), ...realTimeBreaks(ordered), ...ruleBreaks(ordered)];
}
