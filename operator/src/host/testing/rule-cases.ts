import { POLICY_MESSAGES } from '../../core/resources/access-policy.ts';
import { AGENCY_MESSAGES } from '../../core/resources/agency.ts';
import { MEMBERSHIP_MESSAGES } from '../../core/resources/agency-membership.ts';
import { BACKUP_MESSAGES } from '../../core/resources/backup-target.ts';
import { EXTERNAL_MESSAGES } from '../../core/resources/external-member.ts';
import { BACKUP_IMMUTABLE } from '../../core/resources/ledger-backup.ts';
import { LINK_NAMESPACES, LINK_THAW } from '../../core/resources/ledger-link.ts';
import { MESSAGES } from '../../core/resources/ledger-network.ts';
import { OPERATION_MESSAGES } from '../../core/resources/ledger-operation.ts';
import { RESTORE_ONE } from '../../core/resources/ledger-restore.ts';
import { PACK_IMMUTABLE } from '../../core/resources/pack-install.ts';
import { SIGNER_MESSAGES } from '../../core/resources/remote-signer.ts';
import { CHANGE_MESSAGES } from '../../core/resources/validator-change.ts';
import { aCity } from '../../core/testing/builders.ts';

/** A spec that the API server refuses, or one that it takes and a change of it that it refuses, and the words of the rule. */
export interface RuleCase {
  readonly plural: string;
  readonly kind: string;
  readonly spec: object;
  /** Merged into the spec once that was taken. */
  readonly change?: object;
  readonly message: string;
  /** The text the rule is about, which the refusal shows; an object is not shown. */
  readonly value?: string;
}

const HASH = 'A'.repeat(43);
const network = { domain: 'health', chainId: 'jincheng-health-1' };
const validators = (replicas: number) => ({ engine: 'cometbft', pools: [{ name: 'validators', role: 'validator', replicas }] });

const networks = (spec: object, message: string, change?: object): RuleCase => ({
  ...{ plural: 'ledgernetworks', kind: 'LedgerNetwork', spec: { ...network, ...spec }, message },
  ...(change === undefined ? {} : { change }),
});
const signers = (...list: readonly object[]) => ({
  keys: { remoteSigners: list.map((more, index) => ({ node: `health-${index}`, publicKey: HASH, ...more })) },
});
const operations = (spec: object, message: string, change?: object): RuleCase => ({
  ...{ plural: 'ledgeroperations', kind: 'LedgerOperation', spec: { networkRef: 'health', ...spec }, message },
  ...(change === undefined ? {} : { change }),
});
const validatorChanges = (item: object, message: string, more: object = {}, change?: object): RuleCase => ({
  ...{ plural: 'validatorchanges', kind: 'ValidatorChange', message },
  spec: { networkRef: 'health', changes: [{ type: 'Add', node: 'health-4', ...item }], ...more },
  ...(change === undefined ? {} : { change }),
});

const s3 = (endpoint: string) => ({ s3: { endpoint, bucket: 'backups', credentialsSecretRef: { name: 's3' } } });
const volume = { volume: { claimName: 'backups' } };
const backup = { folder: `jincheng-health-1/${'0'.repeat(12)}-${'0'.repeat(16)}`, genesisHash: HASH, height: 7, appHash: HASH };
const fromBackup = (chainId: string) => ({ genesis: { fromBackup: { ...backup, chainId, target: volume } } });
const BACKUP_KINDS = { ledgerbackups: 'LedgerBackup', ledgerbackupschedules: 'LedgerBackupSchedule', ledgerrestores: 'LedgerRestore' };
const backups = (plural: keyof typeof BACKUP_KINDS, spec: object, message: string, change?: object): RuleCase => ({
  ...{ plural, kind: BACKUP_KINDS[plural], spec, message },
  ...(change === undefined ? {} : { change }),
});
const nightly = { networkRef: 'health', schedule: '0 2 * * *', target: volume };
const restored = { source: { backupRef: { name: 'nightly' } }, network: { name: 'again', chainId: 'jincheng-health-2' } };

const policy = {
  ...{ linkRef: 'health-housing', source: 'health', caller: { organisation: 'housing-fund', contract: 'housing.withdrawal' } },
  ...{ predicate: 'illness-in-catalogue', purpose: 'verify-eligibility', consent: 'required', ratePerDay: 100, answerAgeHours: 24 },
  disclosure: 'immediate',
};
const policies = (spec: object, message: string, change?: object): RuleCase => ({
  ...{ plural: 'accesspolicies', kind: 'AccessPolicy', spec: { ...policy, ...spec }, message },
  ...(change === undefined ? {} : { change }),
});

const approver = (name: string) => ({ name, publicKey: HASH });
const agencies = (spec: object, message: string): RuleCase => ({
  ...{ plural: 'agencies', kind: 'Agency', spec: { displayName: { zh: '甲', en: 'A' }, memberships: [], ...spec }, message },
});

/** One case at the least for every rule of every kind. */
export const RULE_CASES: readonly RuleCase[] = [
  { ...networks({}, MESSAGES.domain, { domain: 'courts' }), value: 'courts' },
  { ...networks({}, MESSAGES.chainId, { chainId: 'jincheng-health-2' }), value: 'jincheng-health-2' },
  networks({}, MESSAGES.city, { city: 'yunhai' }),
  networks({ engine: 'cometbft' }, MESSAGES.engineBack, { engine: 'embedded' }),
  networks({ ...validators(2), engine: 'embedded' }, MESSAGES.embeddedOne),
  networks(validators(3), MESSAGES.tooFew),
  networks({ ...validators(4), updateStrategy: { maxUnavailable: 2 } }, MESSAGES.maxUnavailable),
  networks({ deletionPolicy: { keys: 'Delete' } }, MESSAGES.keysWithData),
  networks({ engine: 'embedded', ...signers({}) }, SIGNER_MESSAGES.embedded),
  networks(signers({ from: { cidr: '10.9.0.7/32', namespace: 'signers' } }), SIGNER_MESSAGES.from),
  networks(signers({}, {}), SIGNER_MESSAGES.oneKey),
  {
    ...{ plural: 'agencies', kind: 'Agency', message: 'platform and relay are roles of the platform itself: no agency may hold them' },
    spec: { displayName: { zh: '甲', en: 'A' }, memberships: [{ network: 'city', roles: ['relay'] }] },
  },
  agencies({ approvers: [approver('one'), approver('two')] }, AGENCY_MESSAGES.approverTwice),
  agencies(
    {
      approvers: [approver('one')],
      clients: [{ name: 'cli', operationPublicKey: HASH, csr: '-----BEGIN CERTIFICATE REQUEST-----' }],
    },
    AGENCY_MESSAGES.approverIsClient,
  ),
  {
    ...{ plural: 'cityconfigs', kind: 'CityConfig', spec: aCity().spec, change: { city: 'yunhai' } },
    message: 'city cannot change: chains are named after it',
    value: 'yunhai',
  },
  {
    ...{ plural: 'ledgerlinks', kind: 'LedgerLink', spec: { from: 'city', to: 'health' }, change: { to: 'courts' } },
    message: 'the ends of a link cannot change: make another link',
  },
  { plural: 'ledgerlinks', kind: 'LedgerLink', spec: { from: 'city', to: 'yunhai/housing' }, message: LINK_NAMESPACES },
  { plural: 'ledgerlinks', kind: 'LedgerLink', spec: { from: 'city', to: 'city' }, message: 'a link joins two different networks' },
  {
    ...{ plural: 'ledgerlinks', kind: 'LedgerLink', message: LINK_THAW },
    spec: { from: 'city', to: 'health', thaw: { network: 'courts', height: 7, blockHash: HASH } },
  },
  {
    ...{ plural: 'ledgernodes', kind: 'LedgerNode', change: { ordinal: 1 } },
    spec: { networkRef: 'health', role: 'validator', ordinal: 0, organisation: 'hospital' },
    message: 'a LedgerNode’s place in its network cannot change: the operator makes another node instead',
  },
  {
    ...{ plural: 'consensuskeyreservations', kind: 'ConsensusKeyReservation', change: { nodeUID: 'other' } },
    spec: { publicKeyHash: HASH, namespace: 'jincheng', networkRef: 'health', node: 'health-0', nodeUID: 'one', podUID: 'one' },
    message: 'a reservation belongs to one key and one LedgerNode for its whole life: delete it only when no pod can sign with the key',
  },
  operations({ type: 'Restart' }, OPERATION_MESSAGES.fixed, { nodes: ['health-0'] }),
  operations({ type: 'Fence' }, OPERATION_MESSAGES.nodes),
  operations({ type: 'RotateCA', nodes: ['health-0'] }, OPERATION_MESSAGES.whole),
  operations({ type: 'Upgrade' }, OPERATION_MESSAGES.version),
  operations({ type: 'ExpandStorage' }, OPERATION_MESSAGES.storage),
  operations({ type: 'Restart', approval: 'Manual', approved: true }, OPERATION_MESSAGES.approval, { approved: false }),
  operations({ type: 'Restart', abort: true }, OPERATION_MESSAGES.abort, { abort: null }),
  validatorChanges({}, CHANGE_MESSAGES.immutable, {}, { allowFewer: true }),
  validatorChanges({}, CHANGE_MESSAGES.approval, { approval: 'Manual', approved: true }, { approved: null }),
  validatorChanges({ with: 'health-5' }, CHANGE_MESSAGES.replacement),
  validatorChanges({ type: 'Replace', with: 'health-4' }, CHANGE_MESSAGES.itself),
  validatorChanges({ publicKey: HASH }, CHANGE_MESSAGES.external),
  networks(fromBackup('jincheng-health-1'), MESSAGES.sameChain),
  networks(fromBackup('jincheng-health-9'), MESSAGES.fromBackup, { genesis: { fromBackup: null } }),
  networks({}, MESSAGES.fromBackup, fromBackup('jincheng-health-9')),
  backups('ledgerbackups', { networkRef: 'health', target: { ...volume, ...s3('https://s3.example.org') } }, BACKUP_MESSAGES.oneTarget),
  {
    ...backups('ledgerbackups', { networkRef: 'health', target: s3('http://s3.example.org') }, BACKUP_MESSAGES.https),
    value: 'http://s3.example.org',
  },
  backups('ledgerbackups', { networkRef: 'health', target: volume }, BACKUP_IMMUTABLE, { networkRef: 'courts' }),
  backups('ledgerbackupschedules', { ...nightly, target: {} }, BACKUP_MESSAGES.oneTarget),
  // Where unknown fields are not refused they are dropped, and the rule says why there is no such target.
  backups('ledgerbackups', { networkRef: 'health', target: { volumeSnapshot: { className: 'fast' } } }, BACKUP_MESSAGES.oneTarget),
  {
    ...backups('ledgerbackupschedules', { ...nightly, target: s3('ftp://s3.example.org') }, BACKUP_MESSAGES.https),
    value: 'ftp://s3.example.org',
  },
  backups('ledgerbackupschedules', nightly, 'a schedule cannot become one of another network: make a new LedgerBackupSchedule', {
    networkRef: 'courts',
  }),
  backups('ledgerrestores', restored, 'a restore cannot change: make a new LedgerRestore', { network: { name: 'other' } }),
  backups('ledgerrestores', { ...restored, node: { networkRef: 'health', name: 'health-0' } }, RESTORE_ONE),
  backups('ledgerrestores', { ...restored, source: { target: volume } }, 'name either a LedgerBackup or a target and a folder at it'),
  backups('ledgerrestores', { ...restored, source: { target: {}, folder: backup.folder } }, BACKUP_MESSAGES.oneTarget),
  networks(
    { externalMembers: [{ node: 'clinic', organisation: 'clinic', role: 'observer', host: 'clinic.example.org' }] },
    EXTERNAL_MESSAGES.reachable,
  ),
  policies({}, POLICY_MESSAGES.question, { purpose: 'treatment' }),
  policies({ disclosure: 'delayed' }, POLICY_MESSAGES.delay),
  policies({ delayHours: 2 }, POLICY_MESSAGES.delay),
  {
    ...{ plural: 'packinstalls', kind: 'PackInstall', message: PACK_IMMUTABLE, change: { networkRef: 'courts' } },
    spec: {
      networkRef: 'health',
      pack: { name: 'courts', version: '1.0.0', contracts: ['courts.evidence@v1'] },
      ...{ publisher: HASH, signature: 'A'.repeat(86) },
    },
  },
  ...[
    { roles: ['platform'], message: MEMBERSHIP_MESSAGES.platform },
    { change: { networkRef: 'courts' }, message: MEMBERSHIP_MESSAGES.parties },
  ].map(
    ({ roles, ...rest }): RuleCase => ({
      ...{ plural: 'agencymemberships', kind: 'AgencyMembership', ...rest },
      spec: { agencyRef: 'hospital', networkRef: 'health', ...(roles === undefined ? {} : { roles }) },
    }),
  ),
];
