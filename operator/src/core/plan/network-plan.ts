import { base64urlDecode, base64urlEncode, canonicalString, type Json, type Sha256, utf8Encode } from '@civitas/canon';

import { type Genesis, spiffe } from '@civitas/deployment';
import { genesisOf } from '../desired/genesis.ts';
import { nodeTlsName, relayTlsName } from '../desired/names.ts';
import { genesisObject, networkObjects, nodeConfigText, nodePod } from '../desired/network-objects.ts';
import type { Manifest } from '../desired/render.ts';
import type { ReportedOrganisation } from '../resources/ledger-node.ts';
import { type EffectiveNetwork, type EffectiveNode, effectiveNetwork, type Problem, problemsOf } from './effective-network.ts';
import type { ObservedCertificate, ObservedNetwork, ObservedNode } from './observed-network.ts';

/** One write or call, in the order they are to be done. Each may be the last before a crash. */
export type NetworkAction =
  | { readonly type: 'createAuthority' }
  | {
      readonly type: 'issueCertificate';
      readonly secret: string;
      readonly namespace: string;
      readonly subject: string;
      readonly reason: string;
    }
  | { readonly type: 'apply'; readonly manifest: Manifest }
  | { readonly type: 'createPod'; readonly manifest: Manifest }
  | { readonly type: 'deletePod'; readonly name: string; readonly uid: string; readonly reason: string }
  | {
      readonly type: 'recordKeys';
      readonly node: string;
      readonly consensusPublicKey: string;
      readonly organisations: readonly ReportedOrganisation[];
      readonly podUID: string;
    }
  | { readonly type: 'recordGenesis'; readonly text: string }
  | { readonly type: 'grantSigning'; readonly node: string; readonly podUID: string; readonly keyHash: string };

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
}

/** What is to be done for one network now. Pure: equal observations give equal plans. */
export function planNetwork(observed: ObservedNetwork, sha256: Sha256): NetworkPlan {
  const effective = effectiveNetwork(observed.network, observed.config, observed.agencies);
  const problems = [...problemsOf(effective, observed.network.spec), ...genesisProblems(observed, effective, sha256)];
  const plan = { effective, problems, waiting: undefined };
  if (effective.paused || problems.length > 0) return { ...plan, actions: [] };
  if (!observed.hasAuthority)
    return {
      ...plan,
      actions: [{ type: 'createAuthority' }],
      waiting: wait('AuthorityMissing', 'the certificate authority is being made'),
    };
  const actions: NetworkAction[] = [
    ...certificateActions(observed, effective),
    ...networkObjects(effective).map((manifest): NetworkAction => ({ type: 'apply', manifest })),
  ];
  if (observed.genesisRecord !== undefined) actions.push({ type: 'apply', manifest: genesisObject(effective, observed.genesisRecord) });
  for (const node of effective.nodes) actions.push(...nodeActions(observed, effective, node, sha256));
  const birth = birthOf(observed, effective);
  if (birth.text !== undefined) actions.push({ type: 'recordGenesis', text: birth.text });
  return { ...plan, actions, waiting: birth.waiting };
}

function wait(reason: string, message: string): Waiting {
  return { reason, message };
}

/** A genesis is written once. One that is another chain's, or that is gone while the chain lives, is a person's to look at. */
function genesisProblems(observed: ObservedNetwork, network: EffectiveNetwork, sha256: Sha256): readonly Problem[] {
  const recorded = observed.network.status?.genesisHash;
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

/** SHA-256 of the canonical text, base64url: what operations and clients name the chain by. */
export function genesisHashOf(text: string, sha256: Sha256): string {
  return base64urlEncode(sha256(utf8Encode(text)));
}

/** A genesis as recorded. It was written by us in one piece, so its shape is not checked again. */
export function genesisFromText(text: string): Genesis {
  return JSON.parse(text);
}

function chainIdOf(text: string): string {
  return genesisFromText(text).chainId;
}

/** True when the certificate is missing, is for another subject, or has lived two thirds of its life. */
export function isCertificateDue(certificate: ObservedCertificate | undefined, subject: string, nowUnixMs: number): string | undefined {
  if (certificate === undefined) return 'missing';
  if (certificate.subject !== subject) return `issued for ${certificate.subject}`;
  return nowUnixMs >= certificate.renewAtUnixMs ? 'two thirds of its life are over' : undefined;
}

function certificateActions(observed: ObservedNetwork, network: EffectiveNetwork): readonly NetworkAction[] {
  const actions: NetworkAction[] = [];
  const want = (certificate: ObservedCertificate | undefined, secret: string, namespace: string, subject: string): void => {
    const reason = isCertificateDue(certificate, subject, observed.nowUnixMs);
    if (reason !== undefined) actions.push({ type: 'issueCertificate', secret, namespace, subject, reason });
  };
  for (const node of network.nodes) {
    want(
      observed.nodes[node.name]?.certificate,
      nodeTlsName(node.name),
      network.namespace,
      spiffe.node(network.chainId, node.organisation, node.name),
    );
  }
  want(observed.relayCertificate, relayTlsName(network.name), observed.config.spec.namespace, spiffe.relay(network.chainId));
  return actions;
}

function nodeActions(observed: ObservedNetwork, network: EffectiveNetwork, node: EffectiveNode, sha256: Sha256): readonly NetworkAction[] {
  const seen = observed.nodes[node.name];
  const configHash = base64urlEncode(sha256(utf8Encode(nodeConfigText(network, node))));
  const manifest = nodePod(network, node, configHash);
  if (seen?.pod === undefined) return [{ type: 'createPod', manifest }];
  const { pod } = seen;
  if (pod.deleting) return [];
  const stale = staleReason(pod, configHash, network.version);
  if (stale !== undefined) return [{ type: 'deletePod', name: pod.name, uid: pod.uid, reason: stale }];
  return [...keyActions(node.name, seen), ...grantActions(observed, node, seen, sha256)];
}

function staleReason(pod: NonNullable<ObservedNode['pod']>, configHash: string, version: string): string | undefined {
  if (pod.finished) return 'its processes have ended';
  if (pod.configHash !== configHash) return 'its configuration changed';
  return pod.image !== undefined && !pod.image.endsWith(`:${version}`) ? `it is to run version ${version}` : undefined;
}

function keyActions(node: string, { ledgerNode, pod, answer }: ObservedNode): readonly NetworkAction[] {
  if (answer?.keys === undefined || pod === undefined || ledgerNode === undefined) return [];
  return [{ type: 'recordKeys', node, ...answer.keys, podUID: pod.uid }];
}

/** A grant is given only for a key that this LedgerNode holds on record and no other one does. */
function grantActions(observed: ObservedNetwork, node: EffectiveNode, seen: ObservedNode, sha256: Sha256): readonly NetworkAction[] {
  const { answer, pod, ledgerNode } = seen;
  const key = ledgerNode?.status?.consensusPublicKey;
  if (node.role !== 'validator' || answer === undefined || pod === undefined || key === undefined) return [];
  if (answer.signing || answer.phase !== 'AwaitingGrant' || ledgerNode?.status?.podUID !== pod.uid) return [];
  if (!isInGenesis(observed, key)) return [];
  const keyHash = keyHashOf(key, sha256);
  return observed.foreignKeys[keyHash] === undefined ? [{ type: 'grantSigning', node: node.name, podUID: pod.uid, keyHash }] : [];
}

function isInGenesis(observed: ObservedNetwork, publicKey: string): boolean {
  if (observed.genesisRecord === undefined) return false;
  return genesisFromText(observed.genesisRecord).validators.some((validator) => validator.publicKey === publicKey);
}

/** SHA-256 of the raw public key, base64url. */
export function keyHashOf(publicKey: string, sha256: Sha256): string {
  return base64urlEncode(sha256(base64urlDecode(publicKey) ?? new Uint8Array(0)));
}

function birthOf(observed: ObservedNetwork, network: EffectiveNetwork): { readonly text?: string; readonly waiting: Waiting | undefined } {
  if (observed.genesisRecord !== undefined) return { waiting: undefined };
  if (network.domain !== 'city' && observed.city === undefined) {
    return { waiting: wait('WaitingForCity', 'the city network must be born first: its genesis is pinned in this one') };
  }
  if (observed.relayKey === undefined) return { waiting: wait('WaitingForRelay', 'the relay has not reported its key yet') };
  const consensusKeys: Record<string, string> = {};
  const organisations: ReportedOrganisation[] = [];
  for (const node of network.nodes) {
    const status = observed.nodes[node.name]?.ledgerNode?.status;
    if (status?.consensusPublicKey === undefined) {
      return { waiting: wait('WaitingForKeys', `${node.name} has not reported its keys yet`) };
    }
    consensusKeys[node.name] = status.consensusPublicKey;
    organisations.push(...(status.organisations ?? []));
  }
  const { nowUnixMs, platformKey, relayKey } = observed;
  const cityClient = network.domain === 'city' ? null : (observed.city ?? null);
  const genesis = genesisOf({ network, nowUnixMs, consensusKeys, organisations, platformKey, relayKey, cityClient });
  return { text: canonicalString(genesis as object as Json), waiting: wait('GenesisWritten', 'the nodes are taking up the genesis') };
}
