import type { GenesisOrganisation, MemberKey } from '@civitas/deployment';
import type { BlockFacts } from '../../core/ledger/execution.ts';
import {
  findKey,
  findOrganisation,
  installedContractsOf,
  type KeyRecord,
  keysOf,
  type OrganisationRecord,
  organisationsOf,
  organisationView,
  type ProposalRecord,
  proposalsOf,
} from '../../core/members/records.ts';
import { isLive } from '../../core/members/standing-proposals.ts';
import { protocolAt } from '../../core/protocol/records.ts';
import { NEWEST_PROTOCOL, rulesOf } from '../../core/protocol/rules.ts';
import type { RecordSource } from '../../core/state/records.ts';
import type { Members } from './ledger-host.ts';

/** Membership as of the last commit; the host calls `changed` when a commit wrote below network.members/. */
export class MemberView implements Members {
  readonly #records: RecordSource;
  readonly #head: () => BlockFacts;
  #organisations = new Map<string, GenesisOrganisation>();
  #keys = new Map<string, KeyRecord>();
  #proposals: readonly ProposalRecord[] = [];
  #installed: readonly string[] = [];

  /** @param head of the ledger: what has run out by its time is not shown as open. */
  constructor(records: RecordSource, head: () => BlockFacts) {
    this.#records = records;
    this.#head = head;
    this.changed();
  }

  changed(): void {
    const keys = keysOf(this.#records);
    const enrolled = organisationsOf(this.#records).filter(({ status }: OrganisationRecord) => status === 'enrolled');
    this.#organisations = new Map(enrolled.map((organisation) => [organisation.name, organisationView(organisation, keys)]));
    this.#keys.clear();
    const installed = installedContractsOf(this.#records).map(({ contract }) => contract);
    if (installed.length !== this.#installed.length) this.#installed = installed;
    this.#proposals = proposalsOf(this.#records).filter(({ status }) => status === 'open');
  }

  findOrganisation(name: string): GenesisOrganisation | undefined {
    return this.#organisations.get(name);
  }

  findKey(keyId: string): { organisation: string; key: MemberKey; revoked: boolean } | undefined {
    const known = this.#keys.get(keyId) ?? findKey(this.#records, keyId);
    if (known === undefined) return undefined;
    this.#keys.set(keyId, known);
    const { organisation, publicKey, use, label, status } = known;
    const revoked = status === 'revoked' || findOrganisation(this.#records, organisation)?.status !== 'enrolled';
    return { organisation, key: { publicKey, use, label }, revoked };
  }

  all(): readonly GenesisOrganisation[] {
    return [...this.#organisations.values()];
  }

  installedContracts(): readonly string[] {
    return this.#installed;
  }

  openProposals(): ReturnType<Members['openProposals']> {
    if (this.#proposals.length === 0) return [];
    const { height, timeUnixMs } = this.#head();
    const { version } = protocolAt(this.#records, height);
    // A snapshot of a newer protocol: what is open there is for a newer release to say.
    if (version > NEWEST_PROTOCOL) return [];
    const rules = rulesOf(version);
    return this.#proposals
      .filter((proposal) => isLive(proposal, rules, timeUnixMs))
      .map(({ id, approvals, change }) => ({ id, approvals, change }));
  }
}
