import { NOTHING, type ReasonTexts } from './reason.ts';

/** What a LedgerNode says; phases are the node’s own words. */
export const NODE_REASONS: ReasonTexts = {
  AtHead: { means: 'It is at the head of its chain.', then: NOTHING },
  AwaitingGenesis: { means: 'It runs and waits for the genesis.', then: 'Nothing, once the network says what it waits for.' },
  AwaitingGrant: {
    means: 'It runs and may not sign yet.',
    then: 'Nothing at first; if it stays, another pod holds its key, or the node is fenced: kubectl civitas plan <network>.',
  },
  AwaitingPeers: {
    means: 'It has found none of its peers yet.',
    then: 'Nothing at first; then check NetworkPolicies and DNS of the cluster.',
  },
  AwaitingUpgrade: {
    means: 'It stands before the first block of a protocol version that its release does not execute: it votes no more and loses nothing.',
    then: 'Roll it to a release that executes it: kubectl civitas upgrade <network> --version <version>.',
  },
  DuplicateKey: {
    means: 'Two nodes reported the same consensus key: one volume is a copy of the other.',
    then: 'Give one of the two a fresh volume; two signers of one key would break the chain.',
  },
  Granted: { means: 'It may sign.', then: NOTHING },
  KeyReserved: {
    means: 'Its key is reserved for another node: one volume is a copy of the other.',
    then: 'Give one of the two a fresh volume; two signers of one key would break the chain.',
  },
  NoAnswer: { means: 'Its pod runs and it gives no answer.', then: 'kubectl civitas logs <node>.' },
  NoPod: { means: 'It has no pod.', then: 'Nothing, unless it is fenced or its network is hibernated: kubectl civitas unfence or wake.' },
  Serving: { means: 'It serves.', then: NOTHING },
  Unwell: { means: 'It serves and says that a part of it is unwell.', then: 'The message names the part; kubectl civitas logs <node>.' },
};
