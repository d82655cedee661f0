import { NOTHING, type ReasonTexts } from './reason.ts';

/** The installation, its links and its agencies. */
export const CITY_REASONS: ReasonTexts = {
  AllServing: { means: 'Everything there is serves.', then: NOTHING },
  Behind: {
    means: 'A light client has not heard of the other chain for a while.',
    then: 'Look at the relay: kubectl civitas logs relay-0.',
  },
  ByFounders: { means: 'Founders approved it.', then: NOTHING },
  ClientBehind: { means: 'A light client of the link is not fresh.', then: 'Look at the relay: kubectl civitas logs relay-0.' },
  ClientsAndTerms: { means: 'Both networks hold client and terms.', then: NOTHING },
  ClosingTerms: {
    means: 'The link is to be closed for new packets, which members approve.',
    then: 'Founders of both networks approve it.',
  },
  DirectoryCredentials: {
    means: 'The identity provider does not know the operator’s client, or its secret is another one.',
    then: 'Correct the Secret identity-client-operator in civitas-system.',
  },
  DirectoryDenied: {
    means: 'The operator’s client may not keep organizations or clients at the identity provider.',
    then: 'Give its service account manage-organizations and manage-clients: charts/civitas/keycloak.',
  },
  DirectoryFailed: {
    means: 'The identity provider failed, or does not take a value; the message has its words.',
    then: 'Read its log; it is tried again.',
  },
  DirectoryUnreachable: {
    means: 'The identity provider does not answer; whether the agency stands there cannot be told.',
    then: 'Look at the provider and its address in the ConfigMap civitas-identity; it is tried again.',
  },
  Drained: { means: 'Nothing is on its way any more.', then: NOTHING },
  Fresh: { means: 'Both light clients know a recent header.', then: NOTHING },
  Frozen: {
    means: 'A light client stopped: the other chain contradicted itself.',
    then: 'Keep the evidence, find out who signed twice, and agree on a header to go on from: spec.thaw of the link names it.',
  },
  IdentityNotInstalled: {
    means: 'No identity provider is installed; agencies act with certificates and keys.',
    then: 'Nothing, unless people are to sign in.',
  },
  InFlight: { means: 'Closed for new packets; some are still on their way.', then: NOTHING },
  InRegistry: { means: 'The city’s registry names the chain.', then: NOTHING },
  Issued: { means: 'Its clients hold their certificates.', then: NOTHING },
  KindsMissing: {
    means: 'The operator is newer than the definitions of its kinds.',
    then: 'Apply the definitions of its release: charts/civitas/README.md has the step.',
  },
  Match: { means: 'Ledger and pools agree.', then: NOTHING },
  Misbehaviour: {
    means: 'A light client saw two headers of one height.',
    then: 'Keep the evidence, find out who signed twice, and agree on a header to go on from: spec.thaw of the link names it.',
  },
  NetworkGone: { means: 'A network of the link was removed.', then: 'Delete the link, or apply the network again.' },
  NetworkUnknown: {
    means: 'A membership names a network that does not exist.',
    then: 'Correct the name in the Agency, or apply the network.',
  },
  NoNetworks: { means: 'There is no LedgerNetwork yet.', then: 'Apply one: samples/jincheng.yaml has five.' },
  NoProblem: { means: 'Nothing is wrong.', then: NOTHING },
  NoRelay: { means: 'The relay is not ready.', then: 'kubectl civitas logs relay-0.' },
  NotAskedFor: { means: 'It takes new packets.', then: NOTHING },
  NotFrozen: { means: 'Its light clients are active.', then: NOTHING },
  NotGranted: {
    means: 'Client or terms of the link are not approved on both sides.',
    then: 'Founders of both networks approve; Granted says what is missing.',
  },
  NotTheOldest: { means: 'Another CityConfig is older and counts.', then: 'Delete this one.' },
  NothingWaits: { means: 'No pod waits.', then: NOTHING },
  OnLedger: { means: 'The ledgers hold it.', then: NOTHING },
  OrganizationStands: { means: 'The agency stands with the identity provider.', then: NOTHING },
  PacketsLate: {
    means: 'A packet has had no answer for more than a minute.',
    then: 'Look at the receiving network and the relay: kubectl civitas links.',
  },
  PartsMissing: {
    means: 'Not everything there is serves; the message names what does not.',
    then: 'kubectl civitas why has a line for each.',
  },
  Paused: { means: 'spec.paused of the link keeps the relay away; packets wait.', then: 'Set spec.paused: false on the LedgerLink.' },
  Pausing: {
    means: 'spec.paused of the link is set, and the relay has not said yet that it leaves the link alone: packets may still pass.',
    then: 'Wait some seconds; if it stays, kubectl civitas logs relay-0.',
  },
  Quorum: { means: 'Enough validators vote.', then: NOTHING },
  Relaying: { means: 'Packets pass in time.', then: NOTHING },
  RequestRefused: {
    means: 'A client’s request for a certificate cannot be granted.',
    then: 'Correct the client in the Agency: the message says what is wrong.',
  },
  SettingsInvalid: {
    means: 'The address of the identity provider, or the operator’s secret there, cannot be worked with.',
    then: 'Correct the ConfigMap civitas-identity or the Secret identity-client-operator in civitas-system: the message names the field.',
  },
  Valid: { means: 'Every certificate is valid.', then: NOTHING },
  Waiting: {
    means: 'It waits; the message says for what.',
    then: 'Nothing where founders approve automatically; else they approve with their keys.',
  },
  WaitingForApproval: { means: 'An enrolment stands proposed.', then: 'Founders of the network approve it.' },
};
