import { spiffe } from '@civitas/deployment';
import { nodeTlsName, relayTlsName } from '../desired/names.ts';
import { type AuthorityState, type ObservedGeneration, trustedText } from './authority-state.ts';
import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedCertificate, ObservedNetwork, ObservedNode } from './observed-network.ts';
import type { OperationOrders } from './operation-orders.ts';
import { stopShut, votersOf } from './replacement-plan.ts';

type IssueCertificate = Extract<NetworkAction, { type: 'issueCertificate' }>;

/** Certificates to be issued now, and why the next one waits. */
export interface CertificatePlan {
  readonly actions: readonly IssueCertificate[];
  readonly pending: Deferral | undefined;
}

/** True when the certificate is missing, is for another subject, or has lived two thirds of its life. */
export function isCertificateDue(certificate: ObservedCertificate | undefined, subject: string, nowUnixMs: number): string | undefined {
  if (certificate === undefined) return 'missing';
  if (certificate.subject !== subject) return `issued for ${certificate.subject}`;
  return nowUnixMs >= certificate.renewAtUnixMs ? 'two thirds of its life are over' : undefined;
}

/**
 * Whether the authority that issued it is there no longer, and another one stands under its number: nobody who asks for the network's
 * authority trusts this certificate. One that does not say which authority it is of is taken at the number.
 */
export function isOfLostAuthority(
  { issuer = 1, issuerHash }: ObservedCertificate,
  generations: readonly ObservedGeneration[] = [],
): boolean {
  const present = generations.find(({ generation }) => generation === issuer);
  return issuerHash !== undefined && present !== undefined && present.certificateHash !== issuerHash;
}

/** Whether the node has taken up what its Secret holds; one that does not run takes it up when it starts. */
export function hasTakenUp({ certificate, pod, answer }: ObservedNode): boolean {
  if (certificate?.hash === undefined || pod === undefined) return true;
  return answer !== undefined && answer.certificateSetHash === certificate.hash;
}

/**
 * Half of what is left when two thirds are over: from here on a renewal waits for nothing. Nor does one of a lost authority: whether such
 * nodes have taken up theirs cannot be asked, as the operator trusts them no more than they trust it.
 */
function isUrgent(certificate: ObservedCertificate, { nowUnixMs, authorities }: ObservedNetwork): boolean {
  const { notAfterUnixMs, renewAtUnixMs } = certificate;
  return nowUnixMs >= notAfterUnixMs - (notAfterUnixMs - renewAtUnixMs) / 2 || isOfLostAuthority(certificate, authorities);
}

/**
 * Certificates one node at a time: the next one once every node has taken up its own, and only where the chain could do without the
 * node. What is missing, wrong or about to end is issued at once.
 */
export function planCertificates(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  { authority, orders }: { readonly authority: AuthorityState; readonly orders: OperationOrders },
): CertificatePlan {
  const actions: IssueCertificate[] = [];
  const waiting: (IssueCertificate & { readonly node: string })[] = [];
  const { issuer, trusted } = authority;
  for (const { name, organisation } of network.nodes) {
    const subject = spiffe.node(network.chainId, organisation, name);
    const certificate = observed.nodes[name]?.certificate;
    const before = orders.certificatesBefore.get(name);
    const reason = dueReason(observed, network, { certificate, subject, authority, before });
    if (reason === undefined) continue;
    const secret = { secret: nodeTlsName(name), namespace: network.namespace, subject, dnsNames: network.extraNames };
    const action: IssueCertificate = { type: 'issueCertificate', ...secret, reason, issuer, trusted };
    const isFirst = certificate === undefined || certificate.subject !== subject || isUrgent(certificate, observed);
    if (isFirst) actions.push(action);
    else waiting.push({ ...action, node: name });
  }
  const next = nextOf(observed, network, waiting);
  if (next !== undefined && 'type' in next) actions.push(next);
  actions.push(...relayCertificate(observed, network, authority));
  return { actions, pending: next !== undefined && !('type' in next) ? next : undefined };
}

function nextOf(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  waiting: readonly (IssueCertificate & { readonly node: string })[],
): IssueCertificate | Deferral | undefined {
  // From the highest ordinal, as pods are made anew.
  const last = waiting.at(-1);
  if (last === undefined) return undefined;
  const behind = network.nodes.find(({ name }) => !hasTakenUp(observed.nodes[name] ?? NOTHING_SEEN));
  if (behind !== undefined)
    return { reason: 'StepNotSettled', message: `the certificate of ${last.node} waits: ${behind.name} has not taken up its own yet` };
  const { node, ...action } = last;
  const shut = stopShut(node, votersOf(observed, network), { observed, network });
  return shut === undefined ? action : { ...shut, message: `the certificate of ${shut.message}` };
}

const NOTHING_SEEN: ObservedNode = {
  ...{ ledgerNode: undefined, certificate: undefined, pod: undefined, answer: undefined, address: undefined, heard: false },
};

function dueReason(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  want: {
    readonly certificate: ObservedCertificate | undefined;
    readonly subject: string;
    readonly authority: AuthorityState;
    readonly before: number | undefined;
  },
): string | undefined {
  const { certificate, subject, authority, before } = want;
  const due = isCertificateDue(certificate, subject, observed.nowUnixMs);
  if (due !== undefined || certificate === undefined) return due;
  const { renewBeforeMs, extraNames } = network;
  if (renewBeforeMs !== undefined && observed.nowUnixMs >= certificate.notAfterUnixMs - renewBeforeMs)
    return 'it ends within tls.renewBeforeHours';
  if ((certificate.dnsNames ?? '') !== extraNames.join(',')) return 'tls.extraSANs changed';
  if (isOfLostAuthority(certificate, observed.authorities)) return `authority ${certificate.issuer ?? 1} is another one now`;
  if ((certificate.issuer ?? 1) !== authority.issuer) return `authority ${authority.issuer} issues now`;
  if ((certificate.trusted ?? '1') !== trustedText(authority)) return `authorities ${trustedText(authority)} are trusted now`;
  return before !== undefined && (certificate.issuedAtUnixMs ?? 0) < before ? 'an operation asks for it' : undefined;
}

/** The relay answers for no vote, and tells nobody what it has taken up: its certificate is issued as soon as it is due. */
function relayCertificate(observed: ObservedNetwork, network: EffectiveNetwork, authority: AuthorityState): readonly IssueCertificate[] {
  const subject = spiffe.relay(network.chainId);
  const certificate = observed.relayCertificate;
  const reason = dueReason(observed, { ...network, extraNames: [] }, { certificate, subject, authority, before: undefined });
  if (reason === undefined) return [];
  const { issuer, trusted } = authority;
  const secret = { secret: relayTlsName(network.name), namespace: observed.config.spec.namespace, subject, dnsNames: [] };
  return [{ type: 'issueCertificate', ...secret, reason, issuer, trusted }];
}
