import { canonicalString, type Json, type Sha256 } from '@civitas/canon';
import type { Genesis, GenesisOrganisation } from '@civitas/deployment';
import { genesisOf } from '../desired/genesis.ts';
import { genesisObject, networkObjects, peersObject, validatorBudget } from '../desired/network-objects.ts';
import { nodesPolicy } from '../desired/network-policy.ts';
import type { Manifest } from '../desired/render.ts';
import type { LedgerNode } from '../resources/ledger-node.ts';
import { planAuthority } from './authority-plan.ts';
import { authorityState } from './authority-state.ts';
import { bornProtocol } from './born-protocol.ts';
import { planCertificates } from './certificate-plan.ts';
import type { Deferral } from './deferral.ts';
import { type EffectiveNetwork, effectiveNetwork, type Problem, problemsOf } from './effective-network.ts';
import { planFence } from './fence-plan.ts';
import { genesisFromText, genesisHashOf } from './genesis-record.ts';
import { type GrowthStep, planGrowth, planHandOver } from './growth-plan.ts';
import { runningEngine } from './hand-over.ts';
import { planHibernation } from './hibernation-plan.ts';
import type { NetworkAction } from './network-action.ts';
import { type NodePlan, planNode } from './node-actions.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { type OperationUpdate, planOperations } from './operation-plan.ts';
import { issuedAuthorityWait, planMonitor, planSnapshot } from './optional-kinds.ts';
import { planPeers } from './peers-plan.ts';
import { type ProtocolStep, planProtocol } from './protocol-plan.ts';
import { signerProblems } from './remote-signers.ts';
import { planReplacement, votersOf } from './replacement-plan.ts';
import { reportedGateways } from './reported-gateways.ts';
import { planRestored } from './restored-nodes.ts';
import { planRetirements } from './retired-nodes.ts';
import { type RolloutStatus, rolloutStatus } from './rollout-status.ts';
import { type RunningNodes, runningNodes } from './running-nodes.ts';
import { underOrders } from './under-orders.ts';

/** Why the network is not further: the first thing it waits for. */
export interface Waiting {
  readonly reason: string;
  readonly message: string;
}

export interface NetworkPlan {
  readonly effective: EffectiveNetwork;
  readonly problems: readonly Problem[];
  readonly actions: readonly NetworkAction[];
  readonly waiting: Waiting | undefined;
  /** Something is to be done to a node and may not be done yet. */
  readonly pending: Deferral | undefined;
  /** The step of the roll that begins or is under way; written before its pod is ended. */
  readonly rollout: RolloutStatus | undefined;
  /** Next status of every operation that has not ended. */
  readonly operations: readonly OperationUpdate[];
  /** Nodes that reported a key which another one holds (`namespace/node`), by name. */
  readonly duplicates: Readonly<Record<string, string>>;
  /** Where going over to other rules of execution stands. */
  readonly protocol: ProtocolStep | undefined;
  /** What the network grows by now. */
  readonly growth: GrowthStep | undefined;
  /** Where pools and ledger differ. */
  readonly running: RunningNodes;
}

const NOTHING_YET = {
  waiting: undefined,
  pending: undefined,
  duplicates: {},
  growth: undefined,
  protocol: undefined,
  actions: [],
} as const;

/** What is to be done for one network now. Pure: equal observations give equal plans. */
export function planNetwork(observed: ObservedNetwork, sha256: Sha256): NetworkPlan {
  const wanted = effectiveNetwork(observed.network, observed.config, observed.agencies, organisationsMade(observed));
  const { effective: inForce, problems: engineProblems, handOverTo } = runningEngine(wanted, observed.engineInForce);
  const running = runningNodes(observed, inForce);
  const { effective, orders, deferral, problem } = underOrders(observed, { ...inForce, nodes: running.nodes });
  const problems = [
    ...problemsOf(wanted, observed.network.spec),
    ...engineProblems,
    ...genesisProblems(observed, effective, sha256),
    ...placeProblems(observed, effective),
    ...signerProblems(observed, wanted, effective),
    ...(problem === undefined ? [] : [problem]),
  ];
  const updates = (pending: Deferral | undefined) =>
    planOperations(observed, { network: effective, pending, isDegraded: problems.length > 0 });
  const plan = {
    ...{ ...NOTHING_YET, effective, problems, running },
    ...{ rollout: observed.network.status?.rollout, operations: updates(undefined) },
  };
  if (effective.paused || problems.length > 0) return plan;
  if (!observed.hasAuthority) {
    const { issuer } = effective;
    if (issuer !== undefined) return { ...plan, actions: [{ type: 'requestAuthority' }], waiting: issuedAuthorityWait(observed, issuer) };
    return {
      ...plan,
      actions: [{ type: 'createAuthority' }],
      waiting: wait('AuthorityMissing', 'the certificate authority is being made'),
    };
  }
  const authority = authorityState(observed.authorities ?? []);
  const certificates = planCertificates(observed, effective, { authority, orders });
  const standing: readonly NetworkAction[] = [
    ...orders.actions,
    ...planAuthority(observed, effective, orders),
    ...certificates.actions,
    ...manifestsOf(observed, effective).map((manifest): NetworkAction => ({ type: 'apply', manifest })),
    ...planMonitor(observed, effective),
  ];
  if (effective.hibernated) return { ...plan, actions: [...standing, ...planHibernation(observed, effective)], rollout: undefined };
  const nodes = effective.nodes.map((node) => planNode(observed, effective, node, { sha256, restart: orders.restart }));
  const stale = nodes.flatMap((node) => node.stale ?? []);
  const fence = planFence(observed, effective, sha256);
  const replacement = planReplacement(observed, effective, stale, orders.demanded);
  // One thing is taken from the chain in a pass.
  const chosen = fence.action === undefined ? replacement.next : undefined;
  const snapshot = planSnapshot(observed, effective, chosen);
  const next = snapshot.pending === undefined ? chosen : undefined;
  const protocol = planProtocol(observed, effective, stale.length > 0);
  const cancelling = protocol?.reason === 'ProtocolCancelling' ? protocol : undefined;
  const pending = cancelling ?? deferral ?? snapshot.pending ?? replacement.pending ?? fence.pending ?? certificates.pending ?? protocol;
  const birth = birthOf(observed, effective);
  const growth = handOverTo === undefined ? planGrowth(observed, effective, running) : planHandOver(observed, effective);
  const actions: NetworkAction[] = [
    ...standing,
    ...nodes.flatMap((node) => node.actions),
    ...(fence.action === undefined ? [] : [fence.action]),
    ...(snapshot.action === undefined ? [] : [snapshot.action]),
    ...(next === undefined ? [] : [{ type: 'deletePod', ...next.pod, reason: next.reason } as const]),
    ...planRetirements(observed, running),
    ...planRestored(observed, effective),
    ...(birth.text === undefined ? [] : [{ type: 'recordGenesis', text: birth.text } as const]),
    ...(next === undefined ? (growth?.actions ?? []) : []),
    ...(protocol?.action === undefined ? [] : [protocol.action]),
  ];
  const duplicates = duplicatesOf(effective, nodes);
  const rollout = rolloutStatus(observed, effective, { next, pending, staleCount: stale.length });
  return { ...plan, actions, waiting: birth.waiting, pending, growth, protocol, duplicates, rollout, operations: updates(pending) };
}

/** @param plans of its nodes, in their order. */
function duplicatesOf(network: EffectiveNetwork, plans: readonly NodePlan[]): NetworkPlan['duplicates'] {
  return Object.fromEntries(
    network.nodes.flatMap(({ name }, index) => {
      const holder = plans[index]?.duplicateOf;
      return holder === undefined ? [] : [[name, holder]];
    }),
  );
}

/** A node belongs for its life to the organisation that it was made for, also when the network has other founders by now. */
function organisationsMade({ nodes }: ObservedNetwork): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(nodes).flatMap(([name, { ledgerNode }]) =>
      ledgerNode === undefined ? [] : [[name, ledgerNode.spec.organisation] as const],
    ),
  );
}

/** Nodes are numbered through all pools in order, so a pool that grows before another one would turn nodes into what they are not. */
function placeProblems(observed: ObservedNetwork, network: EffectiveNetwork): readonly Problem[] {
  const moved = network.nodes.find(({ name, role }) => (observed.nodes[name]?.ledgerNode?.spec.role ?? role) !== role);
  if (moved === undefined) return [];
  const held = observed.nodes[moved.name]?.ledgerNode?.spec.role;
  const message = `${moved.name} is one of the ${held}s, the pools ask for one of the ${moved.role}s: add nodes in a pool after those there are`;
  return [{ reason: 'NodeWouldChangeRole', message }];
}

/** Everything that is applied whenever it differs. Peers stand before the genesis: whoever sees the genesis finds them. */
function manifestsOf(observed: ObservedNetwork, network: EffectiveNetwork): readonly Manifest[] {
  const manifests = [...networkObjects(network), nodesPolicy(network)];
  const voters = votersOf(observed, network);
  if (voters.length > 1)
    manifests.push(
      validatorBudget(
        network,
        voters.map(({ name }) => name),
        voters.every(({ state }) => state === 'serving'),
      ),
    );
  const peers = planPeers(observed, network);
  if (peers !== undefined) manifests.push(peersObject(network, peers));
  if (observed.genesisRecord !== undefined) manifests.push(genesisObject(network, observed.genesisRecord));
  return manifests;
}

function wait(reason: string, message: string): Waiting {
  return { reason, message };
}

/** A genesis is written once. One that is another chain's, or that is gone while the chain lives, is a person's to look at. */
function genesisProblems(observed: ObservedNetwork, network: EffectiveNetwork, sha256: Sha256): readonly Problem[] {
  const recorded = observed.network.status?.genesisHash;
  if (observed.genesisRecord === undefined && observed.endedBy !== undefined) {
    const message = `${network.chainId} ended and its data are gone (ConfigMap ${observed.endedBy}): a chain id stands for one chain for ever, choose another`;
    return [{ reason: 'ChainEnded', message }];
  }
  if (observed.genesisRecord === undefined) {
    if (recorded === undefined) return [];
    return [
      {
        reason: 'GenesisLost',
        message: `the record of genesis ${recorded} is gone; the chain keeps its own copy, and no other will be written`,
      },
    ];
  }
  const hash = genesisHashOf(observed.genesisRecord, sha256);
  const chainId = chainIdOf(observed.genesisRecord);
  if (chainId !== network.chainId) {
    return [
      {
        reason: 'GenesisOfAnotherChain',
        message: `data kept under this name belong to chain ${chainId}, the spec asks for ${network.chainId}`,
      },
    ];
  }
  if (recorded !== undefined && recorded !== hash) {
    return [{ reason: 'GenesisChanged', message: `recorded genesis is ${hash}, the chain was born with ${recorded}` }];
  }
  return [];
}

function chainIdOf(text: string): string {
  return genesisFromText(text).chainId;
}

/** Why a network must not be born like this: a genesis cannot be taken back, and these are seen before or never. */
function genesisFlaw({ appState: { founders, approvalThreshold } }: Genesis): Waiting | undefined {
  const owners = new Map<string, string>();
  for (const { name, keys } of founders) {
    for (const { publicKey } of keys) {
      const other = owners.get(publicKey);
      if (other !== undefined)
        return wait('MemberKeyShared', `${other} and ${name} name the key ${publicKey}: a key belongs to one member, once`);
      owners.set(publicKey, name);
    }
  }
  const approves = ({ approvalPolicy, keys }: GenesisOrganisation): boolean =>
    approvalPolicy === 'auto' || keys.some(({ use }) => use === 'approver');
  const deciding = founders.filter((one) => one.founder && approves(one));
  if (deciding.length >= approvalThreshold) return undefined;
  const without = founders.filter((one) => one.founder && !deciding.includes(one)).map(({ name }) => name);
  return wait(
    'WaitingForApprovers',
    `${approvalThreshold} founders are to decide and ${deciding.length} can: name approvers of ${without.join(', ')}, or let a gateway approve`,
  );
}

function birthOf(observed: ObservedNetwork, network: EffectiveNetwork): { readonly text?: string; readonly waiting: Waiting | undefined } {
  if (observed.genesisRecord !== undefined) return { waiting: undefined };
  if (network.domain !== 'city' && observed.city === undefined) {
    return { waiting: wait('WaitingForCity', 'the city network must be born first: its genesis is pinned in this one') };
  }
  if (observed.relayKey === undefined) return { waiting: wait('WaitingForRelay', 'the relay has not reported its key yet') };
  const consensusKeys: Record<string, string> = {};
  const reporting: LedgerNode[] = [];
  for (const node of network.nodes) {
    const ledgerNode = observed.nodes[node.name]?.ledgerNode;
    const key = ledgerNode?.status?.consensusPublicKey;
    if (ledgerNode === undefined || key === undefined) {
      return { waiting: wait('WaitingForKeys', `${node.name} has not reported its keys yet`) };
    }
    const twin = Object.keys(consensusKeys).find((name) => consensusKeys[name] === key);
    if (twin !== undefined)
      return { waiting: wait('DuplicateKey', `${node.name} and ${twin} have the same consensus key: one volume is a copy`) };
    consensusKeys[node.name] = key;
    reporting.push(ledgerNode);
  }
  const { nowUnixMs, platformKey, relayKey } = observed;
  const cityClient = network.domain === 'city' ? null : (observed.city ?? null);
  const genesis = genesisOf({
    network,
    nowUnixMs,
    consensusKeys,
    gateways: reportedGateways(reporting),
    platformKey,
    relayKey,
    cityClient,
    protocolVersion: bornProtocol(observed, network),
  });
  const flaw = genesisFlaw(genesis);
  if (flaw !== undefined) return { waiting: flaw };
  return { text: canonicalString(genesis as object as Json), waiting: wait('GenesisWritten', 'the nodes are taking up the genesis') };
}
