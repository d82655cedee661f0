import { NOTHING, type ReasonTexts } from './reason.ts';

/** Source policies of links, and packs of contracts. */
export const POLICY_REASONS: ReasonTexts = {
  LinkMissing: { means: 'The link that the policy is for does not exist.', then: 'Apply the LedgerLink, or delete the policy.' },
  NotAnEnd: {
    means: 'The network that is to answer is no end of the link.',
    then: 'Make an AccessPolicy whose source is one of the link’s two networks.',
  },
  PackInstalled: { means: 'The ledger runs every contract of the pack.', then: NOTHING },
  PackProposed: { means: 'The pack is before the founders.', then: 'Founders approve it on the ledger: kubectl civitas plan.' },
  PackRefused: {
    means: 'The ledger takes no such proposal.',
    then: 'Read the code in the message; a release may lack a contract of the pack.',
  },
  PackUnsigned: {
    means: 'The signature is not of that publisher over that pack.',
    then: 'Ask the publisher for the pack as it was signed, and make a new PackInstall.',
  },
  PolicyClosed: { means: 'The ledger answers nothing by the policy any more.', then: NOTHING },
  PolicyClosing: { means: 'The policy is to go: its end is before the founders.', then: 'Founders approve it on the ledger.' },
  PolicyInForce: { means: 'The ledger answers as the spec says.', then: NOTHING },
  PolicyNoted: { means: 'The policy works, and something about it should be known.', then: 'Read the findings in its status.' },
  PolicyOverruled: {
    means: 'An older AccessPolicy sets the same policy of the ledger.',
    then: 'Delete one of the two.',
  },
  PolicyProposed: { means: 'The policy is before the founders of the network that answers.', then: 'Founders approve it on the ledger.' },
  PolicyRefused: { means: 'The ledger takes no such proposal.', then: 'Read the code in the message and correct the spec.' },
  PolicyRetained: { means: 'The object goes and leaves the policy in force.', then: NOTHING },
  PolicySound: { means: 'Nothing about the policy stands out.', then: NOTHING },
  PolicyUnsound: { means: 'The policy could never be asked or answered.', then: 'Correct what the findings name.' },
};
