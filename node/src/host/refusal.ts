import type { CodeMeanings } from '@civitas/canon';

/** Codes of the node process: its gates, its files, its vaults. None of them stands in a receipt. */
export const HOST_REFUSALS = {
  UNAUTHENTICATED: {
    meaning: "The caller's certificate names no organisation of this network.",
    remedy: 'Log in again (`civitas login`).',
  },
  NOT_FOUND: {
    meaning: 'There is no such block, receipt, record, method, token or person.',
    remedy: 'Check the name; a newer head may have it.',
  },
  PRUNED: { meaning: 'The state of that header is not kept.', remedy: 'Ask for a newer header.' },
  BLOCK_NOT_KEPT: {
    meaning: 'This node does not keep the operations of that block: it joined from a snapshot, or its engine has pruned it.',
    remedy: 'Ask another node, or for a later block.',
  },
  PROOF_NOT_YET: { meaning: 'The header that proves this receipt does not exist yet.', remedy: 'Ask again after the next block.' },
  RATE_LIMITED: { meaning: 'The organisation used up its operations or calls of this second.', remedy: 'Wait `retryAfterMs`.' },
  QUEUE_FULL: { meaning: 'Too many operations wait to be ordered.', remedy: 'Wait `retryAfterMs`.' },
  STREAMS_TOO_MANY: { meaning: 'The organisation holds too many streams.', remedy: 'Close one.' },
  CREDITS_EXCEEDED: { meaning: 'More operations were sent on a stream than it gave credits for.', remedy: 'Send within the credits.' },
  NONCES_FULL: { meaning: 'The vault remembers as many calls as it can.', remedy: 'Wait `retryAfterMs`.' },
  PERSONS_NOT_SERVED: {
    meaning: 'This network takes nobody in person: its configuration names no identity provider.',
    remedy: 'Set spec.identity of the CityConfig.',
  },
  PERSON_NOT_ALLOWED: {
    meaning: "The person's role in the agency does not allow it.",
    remedy: 'Ask an owner of the agency for one of the expected roles.',
  },
  STEP_UP_NEEDED: { meaning: 'It takes a second factor, used within the last minutes.', remedy: 'Sign in with the second factor.' },
  CITIZENS_NOT_SERVED: {
    meaning: 'No citizen is served here: the organisation is no portal of this ledger, or the registrar has no gateway beside it.',
    remedy: 'Ask the gateway of the city ledger that hosts the portal.',
  },
  CITIZEN_UNKNOWN: {
    meaning: 'The account is not tied to a person yet.',
    remedy: "Show who you are at the portal's counter, which ties the account (`civitas citizen tie`).",
  },
  CITIZEN_KEY_ELSEWHERE: {
    meaning: "The consent was signed with a key of the citizen's that this gateway does not keep.",
    remedy: 'Withdraw it where it was granted.',
  },
  ACCOUNT_TAKEN: { meaning: 'The account is tied to another person.', remedy: 'Check the account; it is tied once and for all.' },
  PREPARED_FOREIGN: {
    meaning: 'The body was not prepared by this gateway for this person.',
    remedy: 'Prepare the operation again and submit what that answered.',
  },
  IDENTITY_UNREACHABLE: {
    meaning: "The identity provider's keys cannot be read, so no token can be judged.",
    remedy: 'Try again; see the provider and the way to it.',
  },
  AWAITING_GENESIS: { meaning: 'The node has no genesis yet.', remedy: 'Wait for the operator.' },
  DRAINING: { meaning: 'The node is about to stop.', remedy: 'Call another node, or wait.' },
  DEADLINE: {
    meaning: 'The call took longer than its deadline; what it began may still happen.',
    remedy: 'Ask for the receipt, then try again.',
  },
  FAULT: { meaning: 'The node failed; its log says how.', remedy: 'Try again; read the log of the node.' },
  CONFIG_INVALID: { meaning: "The node's configuration has a wrong field.", remedy: 'Report the operator: it writes it.' },
  GENESIS_INVALID: {
    meaning: 'The genesis document is not one for this node.',
    remedy: 'Compare it with the genesis record of the network.',
  },
  PEERS_INVALID: { meaning: 'The peers document has a wrong field.', remedy: 'Report the operator: it writes it.' },
  HALTED: {
    meaning: 'The network makes no blocks: too few of its validators vote.',
    remedy: 'Wait `retryAfterMs` and send the same operation again; see `civitas status`.',
  },
  ENGINE_BUSY: { meaning: 'The consensus engine holds as many bundles as it may.', remedy: 'Wait `retryAfterMs`.' },
  SNAPSHOT_NO_ROOM: {
    meaning: 'The volume of a node has too little space left for a snapshot beside its ledger; none was begun.',
    remedy: 'Make the volume larger by `neededBytes` less `freeBytes`, or back up from another node.',
  },
  DISK_FULL: {
    meaning: 'The volume of a node has too little space left for its engine; the node stops before the volume is full.',
    remedy: 'Make the volume larger; the node starts again by itself.',
  },
  ENGINE_UNENDED: {
    meaning: 'A consensus engine that must not run any more cannot be ended by its node.',
    remedy: 'Check that both containers share one process namespace and one user, then delete the pod.',
  },
  ENGINE_FAILED: {
    meaning: 'The consensus engine had failed while its process lived; the node ended it and both started again.',
    remedy: 'Read its log (`kubectl logs POD -c engine --previous`) for CONSENSUS FAILURE, and check the volume.',
  },
  SIGNER_KEY: {
    meaning: 'Whoever dialled the engine as its signer holds another key than the one this node is granted; the engine was ended.',
    remedy: 'Have the signer of this node dial it, and no other one; `keys.remoteSigners` of the LedgerNetwork names its key.',
  },
  SIGNER_UNPROVEN: {
    meaning:
      "A signer dialled the consensus engine anew and signed no block under this node's key; the engine was ended and asks for the key again.",
    remedy:
      'Nothing, if the node votes afterwards; SIGNER_KEY follows where the signer holds another key. Otherwise read the log of the signer.',
  },
  ENGINE_SILENT: { meaning: "The consensus engine's process does not answer.", remedy: 'Read its log (`kubectl logs POD -c engine`).' },
  ENGINE_ANSWER: {
    meaning: 'The consensus engine answered with something else than was asked.',
    remedy: 'Compare its version with that of the node.',
  },
  HAND_OVER: {
    meaning: 'The chain of the embedded engine could not be handed over to CometBFT; it is unharmed.',
    remedy: 'Read the text: it names the height and what does not hold. The embedded engine still continues the chain.',
  },
  GRANT_KEY: { meaning: 'A signing grant is for another validator key.', remedy: 'Nothing: the guard against double signing works.' },
  GRANT_POD: { meaning: 'A signing grant is for another pod.', remedy: 'Nothing: the guard against double signing works.' },
  NOT_A_VALIDATOR: { meaning: 'The relay has nothing to sign, grant or verify.', remedy: 'Ask a node.' },
  CERTIFICATE_FORM: { meaning: 'Certificate files are not PEM of the expected shape.', remedy: 'Look at the Secret that holds them.' },
  CERTIFICATE_KEY: { meaning: 'The private key is not that of the leaf.', remedy: 'Wait for the Secret to be written whole.' },
  CERTIFICATE_CHAIN: {
    meaning: 'The leaf is not issued by the authorities beside it.',
    remedy: 'Wait for the Secret to be written whole.',
  },
  CERTIFICATE_TIME: { meaning: 'The leaf has run out.', remedy: 'See docs/runbooks/CivitasCertificateExpiring.md.' },
  CERTIFICATE_NAME: { meaning: 'The leaf does not carry exactly one name of ours.', remedy: 'Let the operator issue it.' },
  COMMITMENT_MISMATCH: {
    meaning: 'What the vault holds does not match the commitment on the ledger.',
    remedy: 'Report it to the custodian: one of the two was changed.',
  },
  NOT_RELEASED: { meaning: 'The access record is not released.', remedy: 'Wait for the release.' },
  ERASED: {
    meaning: 'The data key of this subject was destroyed: its fields cannot be read or written again.',
    remedy: 'Nothing: erasure is final.',
  },
} as const satisfies CodeMeanings;
