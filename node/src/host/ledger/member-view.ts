import type { GenesisOrganisation, MemberKey } from '@civitas/deployment';
import {
  findKey,
  findOrganisation,
  type KeyRecord,
  keysOf,
  type OrganisationRecord,
  organisationsOf,
  organisationView,
  proposalsOf,
} from '../../core/members/records.ts';
import type { RecordSource } from '../../core/state/records.ts';
import type { Members } from './ledger-host.ts';

/** Membership as of the last commit; the host calls `changed` when a commit wrote below network.members/. */
export class MemberView implements Members {
  readonly #records: RecordSource;
  #organisations = new Map<string, GenesisOrganisation>();
  #keys = new Map<string, KeyRecord>();
  #proposals: ReturnType<Members['openProposals']> = [];

  constructor(records: RecordSource) {
    this.#records = records;
    this.changed();
  }

  changed(): void {
    const keys = keysOf(this.#records);
    const enrolled = organisationsOf(this.#records).filter(({ status }: OrganisationRecord) => status === 'enrolled');
    this.#organisations = new Map(enrolled.map((organisation) => [organisation.name, organisationView(organisation, keys)]));
    this.#keys.clear();
    this.#proposals = proposalsOf(this.#records)
      .filter(({ status }) => status === 'open')
      .map(({ id, approvals, change }) => ({ id, approvals, change }));
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

  openProposals(): ReturnType<Members['openProposals']> {
    return this.#proposals;
  }
}
