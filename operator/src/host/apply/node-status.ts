import { type Applier, rfc3339Of } from '@civitas/kube';
import type { NetworkPlan } from '../../core/plan/network-plan.ts';
import { type Verdict, verdict } from '../../core/plan/network-status.ts';
import type { ObservedNetwork, ObservedNode } from '../../core/plan/observed-network.ts';
import { retiredVerdicts } from '../../core/plan/retired-nodes.ts';
import { usedPercent } from '../../core/plan/storage-plan.ts';
import type { LedgerNode } from '../../core/resources/ledger-node.ts';
import { UNWELL_CHARS_MAX } from '../../core/resources/limits.ts';
import { HEIGHT_STATUS_MS } from '../controllers/limits.ts';
import type { OperatorContext } from '../controllers/operator-context.ts';
import { ledgerNodes } from '../observe/custom-resources.ts';
import { createStatusWriter } from './status-writer.ts';

/** Writes what was seen of each node into its LedgerNode. Keys already on record stay in it: they are the fence's memory. */
export function createNodeStatusWriter(
  context: OperatorContext,
  applier: Applier,
): (observed: ObservedNetwork, plan: NetworkPlan) => Promise<void> {
  const writer = createStatusWriter(applier, context.clock, context.liveWrites);
  return async (observed, plan) => {
    const head = Math.max(0, ...Object.values(observed.nodes).map(({ answer }) => answer?.height ?? 0));
    for (const name of [...plan.effective.nodes.map((node) => node.name), ...plan.running.retired]) {
      const seen = observed.nodes[name];
      // Keys recorded in this pass are not in the cache yet; writing now would drop them.
      if (seen?.ledgerNode === undefined || plan.actions.some((action) => action.type === 'recordKeys' && action.node === name)) continue;
      const retired = plan.running.retired.includes(name) ? retiredVerdicts(observed, seen.ledgerNode) : undefined;
      const verdicts = retired ?? nodeVerdicts(seen, plan.duplicates[name]);
      const target = {
        resource: ledgerNodes,
        object: seen.ledgerNode,
        verdicts,
        phase: retired === undefined ? phaseOf(verdicts, seen) : 'Retired',
        facts: nodeFacts(seen, seen.ledgerNode, head),
      };
      await writer.write(target, { fields: ['height', 'lagBlocks', 'peers'], intervalMs: HEIGHT_STATUS_MS });
    }
  };
}

/** What is known of a node now; of one that gives no answer, what its volume held when it gave its last one. */
export function nodeFacts(
  { pod, answer, volume }: Pick<ObservedNode, 'pod' | 'answer' | 'volume'>,
  { spec, status }: LedgerNode,
  head: number,
): object {
  const rebuilt = spec.rebuild !== undefined && pod?.rebuild === spec.rebuild && (answer?.height ?? 0) > 0 ? spec.rebuild : status?.rebuilt;
  // The blocks that it had before it was told to rebuild are no longer its own.
  const lastHeight = spec.rebuild === rebuilt && volume !== undefined ? status?.height : undefined;
  const image = pod?.image ?? (volume === undefined ? undefined : status?.image);
  return {
    ...(status?.podUID === undefined ? {} : { podUID: status.podUID }),
    ...(status?.consensusPublicKey === undefined ? {} : { consensusPublicKey: status.consensusPublicKey }),
    ...(status?.nextConsensusPublicKey === undefined ? {} : { nextConsensusPublicKey: status.nextConsensusPublicKey }),
    ...(status?.rekeyed === undefined ? {} : { rekeyed: status.rekeyed }),
    ...(status?.bornProtocolMax === undefined ? {} : { bornProtocolMax: status.bornProtocolMax }),
    ...(status?.engineNodeId === undefined ? {} : { engineNodeId: status.engineNodeId }),
    ...(status?.organisations === undefined ? {} : { organisations: status.organisations }),
    ...(image === undefined ? {} : { image }),
    ...(rebuilt === undefined ? {} : { rebuilt }),
    ...(answer === undefined
      ? {
          ...(lastHeight === undefined ? {} : { height: lastHeight }),
          signing: false,
          unwell: pod === undefined ? 'no pod' : 'node: no answer',
        }
      : {
          height: answer.height,
          lagBlocks: head - answer.height,
          signing: answer.signing,
          peers: answer.peers,
          unwell: answer.unwell.slice(0, UNWELL_CHARS_MAX),
          ...(answer.engineVersion === '' ? {} : { engineVersion: answer.engineVersion }),
          certNotAfter: rfc3339Of(answer.certificateNotAfterUnixMs),
          ...optionalUsed(answer),
        }),
  };
}

function optionalUsed(answer: ObservedNode['answer']): { readonly dataUsedPct?: number } {
  const used = usedPercent({ answer });
  return used === undefined ? {} : { dataUsedPct: used };
}

/** Said of a node that somebody has fenced: whether it stands still yet. */
function fenceVerdicts({ ledgerNode, answer }: ObservedNode): readonly Verdict[] {
  if (ledgerNode?.spec.fenced !== true) return [];
  return answer?.signing === true
    ? [verdict('Fenced', false, 'StillSigning', 'spec.fenced is set; its grant is withdrawn once the chain can do without it')]
    : [verdict('Fenced', true, 'GrantWithdrawn', 'spec.fenced is set: it signs nothing, pod and volume stay')];
}

/** Conditions of a LedgerNode. @param duplicateOf `namespace/node` that holds the same consensus key. */
export function nodeVerdicts(seen: ObservedNode, duplicateOf: string | undefined): readonly Verdict[] {
  const { pod, answer } = seen;
  const reason = answer?.phase ?? (pod === undefined ? 'NoPod' : 'NoAnswer');
  const unwell = answer === undefined || answer.unwell === '' ? '' : `: ${answer.unwell}`;
  const message = answer === undefined ? 'the node gives no answer' : `the node says ${answer.phase}${unwell}`;
  const isReady = answer?.phase === 'Serving' && unwell === '';
  const verdicts = [
    verdict('Ready', isReady, answer?.phase === 'Serving' && !isReady ? 'Unwell' : reason, message),
    verdict('CaughtUp', answer?.caughtUp ?? false, answer?.caughtUp === true ? 'AtHead' : reason, message),
    verdict('Signing', answer?.signing ?? false, answer?.signing === true ? 'Granted' : reason, message),
    ...fenceVerdicts(seen),
  ];
  if (duplicateOf === undefined) return verdicts;
  const twin = `${duplicateOf} holds the same consensus key: this node gets no grant. One of the two volumes is a copy; give this one a fresh one`;
  return [...verdicts, verdict('DuplicateKey', true, 'KeyReserved', twin)];
}

function phaseOf(verdicts: readonly Verdict[], { answer, pod }: ObservedNode): string {
  if (verdicts.some(({ type }) => type === 'DuplicateKey')) return 'DuplicateKey';
  if (verdicts.some(({ type, status }) => type === 'Fenced' && status === 'True')) return 'Fenced';
  if (verdicts.every(({ status }) => status === 'True')) return 'Ready';
  if (answer?.phase === 'Serving' && answer.unwell !== '') return 'Unwell';
  return answer?.phase ?? (pod === undefined ? 'NoPod' : 'Starting');
}
