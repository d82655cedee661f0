import { findingsOf } from './history.ts';
import type { NodeView, Place, RunEvidence } from './run-evidence.ts';

const isBefore = (left: Place, right: Place): boolean =>
  left.height < right.height || (left.height === right.height && left.index < right.index);

function firstOf(places: readonly Place[]): Place | undefined {
  return places.reduce<Place | undefined>((first, place) => (first === undefined || isBefore(place, first) ? place : first), undefined);
}

/** Every node gives every acknowledged operation the receipt that its client was given. */
function receiptFindings({ acknowledged, views }: RunEvidence): string[] {
  return [...acknowledged].flatMap(([hash, receipt]) =>
    views
      .filter(({ receipts }) => receipts.get(hash) !== receipt)
      .map(
        ({ node, receipts }) => `node ${node} has another receipt of ${hash}: ${receipts.get(hash) ?? 'none'}, its client has ${receipt}`,
      ),
  );
}

/** One block and one app hash at each height, and time that goes on. */
function blockFindings({ views }: RunEvidence): string[] {
  const [first, ...others] = views;
  if (first === undefined) return ['no node said anything'];
  const findings: string[] = [];
  let before: { readonly height: number; readonly timeUnixMs: number } | undefined;
  for (const [height, block] of [...first.blocks].sort(([left], [right]) => left - right)) {
    for (const { node, blocks } of others) {
      const other = blocks.get(height);
      if (other === undefined) findings.push(`node ${node} has no block ${height}`);
      else if (other.hash !== block.hash) findings.push(`node ${node} has another block ${height}`);
      else if (other.appHash !== block.appHash) findings.push(`node ${node} has another app hash at ${height}`);
    }
    if (before !== undefined && before.height + 1 !== height) findings.push(`no block ${before.height + 1}`);
    if (before !== undefined && block.timeUnixMs < before.timeUnixMs) findings.push(`block ${height} is older than the one before it`);
    before = { height, timeUnixMs: block.timeUnixMs };
  }
  return findings;
}

/** However often an operation was repeated and ordered, its receipt is of the first time, and the other times had no effect of their own. */
function placeFindings({ history, places }: RunEvidence): string[] {
  return history.flatMap(({ operationHash, height, index }) => {
    const first = firstOf(places.get(operationHash) ?? []);
    if (first === undefined) return [`${operationHash} stands in no block`];
    const isSame = first.height === height && first.index === index;
    return isSame ? [] : [`${operationHash} has a receipt of ${height}/${index}, it first stands at ${first.height}/${first.index}`];
  });
}

function recordFindings({ records }: RunEvidence): string[] {
  return [...records]
    .filter(([, { proven, made }]) => proven !== made)
    .map(([recordId, { proven, made }]) => `record ${recordId} is ${proven}, the operation that made it wrote ${made}`);
}

function nodeFindings({ node, offenceCount, stateFinding }: NodeView): string[] {
  return [
    ...(offenceCount === 0 ? [] : [`node ${node} has ${offenceCount} offences on record`]),
    ...(stateFinding === '' ? [] : [`node ${node}: ${stateFinding}`]),
  ];
}

/**
 * What is wrong with a run, in words; empty when nothing is: acknowledged operations linearizable, present and proven everywhere, none in
 * effect twice, one chain, no validator that signed twice.
 */
export function findingsOfRun(evidence: RunEvidence): readonly string[] {
  return [
    ...findingsOf(evidence.history),
    ...receiptFindings(evidence),
    ...blockFindings(evidence),
    ...placeFindings(evidence),
    ...recordFindings(evidence),
    ...evidence.views.flatMap(nodeFindings),
    ...evidence.unproven,
  ];
}
