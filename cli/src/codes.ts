import type { CodeMeanings } from '@civitas/canon';

/** Codes of faults: printed with the message, before an exit code of exit-codes.ts. */
export const FAULTS = {
  ANSWER_MALFORMED: {
    meaning: 'A node, vault or registrar answered in another form than expected.',
    remedy: 'Use the same release on both sides; report it.',
  },
  APPROVAL_LATE: { meaning: 'No founder approved a proposal in time.', remedy: 'Look at the approvers of the network; run it again.' },
  BACKUP_EXISTS: { meaning: 'There is a file or folder where the backup is to be written.', remedy: 'Name a new folder.' },
  BACKUP_NEEDS_PEERS: {
    meaning: 'The backup is of a network that several validators run: its chain goes on only together with them.',
    remedy: 'Start the node on an empty volume with `stateSync`: it takes the state from its peers.',
  },
  BRANCH_UNEXPECTED: {
    meaning: 'A failure branch ended otherwise than it must.',
    remedy: 'Report it: this is a bug in a flow or a contract.',
  },
  BRANCH_UNKNOWN: { meaning: 'The flow has no such branch.', remedy: 'Use one that `civitas case list-branches` shows.' },
  BUNDLE_UNVERIFIED: { meaning: 'The bundle just exported does not verify.', remedy: 'Report it.' },
  CALL_FAILED: { meaning: 'A call failed below the protocol: no connection, TLS, stream reset.', remedy: 'Try again; `civitas status`.' },
  CLIENT_LATE: {
    meaning: "The other network's light client did not reach the header in time.",
    remedy: 'Look at the link: `civitas links`.',
  },
  CLUSTER_REFUSED: {
    meaning: 'The Kubernetes API refused a request: a rule of the resource, or rights that are missing.',
    remedy: 'The message says which; the same request will be refused again.',
  },
  CSV_COLUMNS: { meaning: 'The file lacks columns of a fine log.', remedy: 'Give a file with the columns that the message names.' },
  FATE_UNKNOWN: {
    meaning: 'An operation was sent and never answered: it may have taken effect, and may yet.',
    remedy: 'Ask `civitas receipt` for it before sending another; a repeat with its `--idempotency-key` takes effect once.',
  },
  FILE_UNREADABLE: { meaning: 'The file cannot be read.', remedy: 'Check path and permissions.' },
  FLOW_UNKNOWN: { meaning: 'There is no such flow.', remedy: 'Use one that `civitas case list-branches` shows.' },
  HASH_MALFORMED: { meaning: 'The text is no operation hash.', remedy: 'Give base64url of 32 bytes.' },
  HEADER_LATE: { meaning: 'The header for a proof did not come in time.', remedy: 'Look at the network: `civitas status`.' },
  INTERRUPTED: { meaning: 'Ctrl-C.', remedy: 'Nothing: what was acknowledged stays.' },
  KIND_MISSING: {
    meaning: 'The cluster does not serve the kinds of civitas.dev.',
    remedy: 'Install Civitas there, or name another --context.',
  },
  KUBECONFIG_MISSING: { meaning: 'There is no city to ask.', remedy: 'Start it, or set CIVITAS_HOME or KUBECONFIG.' },
  NO_CASE: { meaning: 'No case has been played from this home yet.', remedy: '`civitas case run serious-illness`.' },
  NO_VAULT: { meaning: 'The organisation runs no vault on this network.', remedy: 'Name another organisation.' },
  OPERATION_UNDONE: {
    meaning: 'An operation that was waited for ended otherwise than asked.',
    remedy: '`kubectl civitas why` and the operation’s own message say why.',
  },
  PROFILE_BROKEN: { meaning: 'A file of the credential profile is not what it must be.', remedy: '`civitas login`.' },
  PROFILE_MISSING: { meaning: 'There is no such credential profile.', remedy: 'Use one that the message lists.' },
  PROFILE_WITHOUT_NETWORK: { meaning: 'The profile has no certificate for that network.', remedy: '`civitas login`, or another profile.' },
  RECORD_MISSING: { meaning: 'A record that must be there is not.', remedy: 'Report it.' },
  SNAPSHOT_LATE: { meaning: 'The node did not finish its snapshot in time.', remedy: 'Read its log (`snapshot-failed`); try again.' },
  STREAM_CLOSED: { meaning: 'The submit stream ended with operations open.', remedy: 'Run it again: nothing is doubled.' },
  USAGE: { meaning: 'The command line is wrong; nothing was done.', remedy: 'See `--help`.' },
  VOLUME_IN_USE: {
    meaning: 'The volume holds a chain; nothing was written over it.',
    remedy: 'Name an empty volume; move the old one away yourself if it is lost.',
  },
  WAIT_TIMED_OUT: { meaning: 'A step of a flow did not come in time.', remedy: 'Look at the links: `civitas links`.' },
} as const satisfies CodeMeanings;

/** Why an item of an ingest was set aside; a refusal of the ledger may stand there as well. */
export const QUARANTINE_REASONS = {
  ACTIVITY_UNKNOWN: { meaning: 'The activity is not one of a fine log.', remedy: 'Correct the row.' },
  ARTICLE_MALFORMED: { meaning: 'The article is no number.', remedy: 'Correct the row.' },
  BUNDLE_TYPE: { meaning: 'The FHIR bundle is of another type than collection, transaction or batch.', remedy: 'Give another file.' },
  CASE_MALFORMED: { meaning: 'The case id has another form.', remedy: 'Correct the row.' },
  CASE_NOT_OPEN: {
    meaning: 'The case has no Create Fine before this row, or that row was quarantined.',
    remedy: 'Correct the first row of the case.',
  },
  CODE_UNKNOWN: { meaning: 'A status is not of its FHIR value set.', remedy: 'Correct the resource.' },
  COUNT_MALFORMED: { meaning: 'The points are no small number.', remedy: 'Correct the row.' },
  CSV_BROKEN: { meaning: 'The line has not as many cells as the header.', remedy: 'Correct the line.' },
  DOCUMENT_TOO_LARGE: { meaning: 'The document is larger than a vault takes.', remedy: 'Split it.' },
  FIELD_MISSING: { meaning: 'A field that must be there is not.', remedy: 'Add it.' },
  FILE_TOO_LARGE: { meaning: 'The file is larger than the reader takes.', remedy: 'Split it.' },
  ID_MALFORMED: { meaning: 'The id is not a FHIR id.', remedy: 'Correct the resource.' },
  IDENTIFIER_MISSING: { meaning: 'The patient has no identifier with system and value.', remedy: 'Add it.' },
  JSON_BROKEN: { meaning: 'The file is not JSON.', remedy: 'Repair the file at the position named.' },
  MONEY_MALFORMED: { meaning: 'An amount has not at most two decimals.', remedy: 'Correct the row.' },
  NOT_A_BUNDLE: { meaning: 'The file is no FHIR bundle.', remedy: 'Give another file.' },
  RESOURCE_MISSING: { meaning: 'An entry has no resource.', remedy: 'Correct the entry.' },
  SUBJECT_MISSING: { meaning: 'The resource refers to no patient.', remedy: 'Add the reference.' },
  SUBJECT_UNKNOWN: { meaning: 'The resource refers to a patient who is not in the bundle.', remedy: 'Add the patient.' },
  TEXT_MALFORMED: { meaning: 'A short text is too long or has odd characters.', remedy: 'Correct the row.' },
  TIME_BACKWARDS: { meaning: 'A period ends before it starts.', remedy: 'Correct it.' },
  TIME_MALFORMED: { meaning: 'A time has not the form expected.', remedy: 'Correct it.' },
  TYPE_UNKNOWN: { meaning: 'Resources of this type are not taken.', remedy: 'Nothing, or leave it out.' },
} as const satisfies CodeMeanings;
