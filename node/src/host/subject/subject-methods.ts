import { randomBytes } from 'node:crypto';
import { accept, base64urlEncode, type Json, type JsonObject, type Result, refuse, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { Type } from '@sinclair/typebox';
import type { Members } from '../ledger/ledger-host.ts';
import { checkSealedArgs, type SealedMethod } from '../vault/vault-methods.ts';
import { ACCOUNT_CHARS_MAX, IDENTIFIER_CHARS_MAX, PROFILE_ENTRIES_MAX, SYSTEM_CHARS_MAX } from './limits.ts';
import type { SubjectIndex } from './subject-index.ts';

const closed = { additionalProperties: false };
const Name = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$' });
const System = Type.String({ minLength: 1, maxLength: SYSTEM_CHARS_MAX });
const Identifier = Type.String({ minLength: 1, maxLength: IDENTIFIER_CHARS_MAX });
const Subject = Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' });
const AssignArgs = Type.Object(
  {
    system: System,
    identifier: Identifier,
    ledger: Name,
    profile: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: PROFILE_ENTRIES_MAX })),
  },
  closed,
);
const IssueArgs = Type.Object(
  {
    citySubject: Type.Optional(Subject),
    system: Type.Optional(System),
    identifier: Type.Optional(Identifier),
    audience: Name,
    ledger: Name,
    purpose: Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9-]+$' }),
    expiresAtUnixMs: Type.Integer({ minimum: 1 }),
    wish: Type.Optional(Subject),
  },
  closed,
);
const TieArgs = Type.Object(
  { system: System, identifier: Identifier, account: Type.String({ minLength: 1, maxLength: ACCOUNT_CHARS_MAX }) },
  closed,
);
const ResolveArgs = Type.Object({ token: Type.String({ pattern: '^[A-Za-z0-9_-]{22,43}$' }) }, closed);

/** Organisations that may ask for link tokens: the portal for its citizen, the requester of a view for its applicant. */
const TOKEN_ROLES: readonly string[] = ['portal', 'requester', 'registrar'];
const TOKEN_BYTES = 32;

/** What the registrar's gateway does on the ledger by itself. */
export type IdentityMethod = 'issueToken' | 'redeemToken' | 'register' | 'bindKey';

/** A citizen's key that its portal keeps, with the citizen's signature over the binding. */
export interface CustodialKey {
  readonly publicKey: string;
  readonly signature: string;
}

export interface SubjectMethodsOptions {
  /** The `city` network. */
  readonly chainId: string;
  readonly index: SubjectIndex;
  readonly members: () => Members;
  /** Submits a method of `city.identity` with the registrar's own key; the receipt's outcome. */
  readonly submitIdentity: (method: IdentityMethod, args: JsonObject) => Promise<Result<Json>>;
  /** Identity provider whose accounts citizens sign in with; undefined where there is none. */
  readonly issuer?: string | undefined;
  readonly nowUnixMs: () => number;
}

/** The hash under which a link token stands on `city`. */
export function linkTokenHash(token: string): string {
  return base64urlEncode(nodeCrypto.sha256(utf8Encode(token)));
}

function accountText(issuer: string, account: string): string {
  return `${issuer.length}:${issuer}${account}`;
}

/** SubjectService of the registrar's gateway. */
export class SubjectMethods {
  readonly #options: SubjectMethodsOptions;

  constructor(options: SubjectMethodsOptions) {
    this.#options = options;
  }

  /** `{system, identifier, ledger}` → `{subject}` for the caller on that ledger; a portal also learns `citySubject`. */
  assign: SealedMethod = async ({ caller, args }) => {
    const checked = checkSealedArgs(AssignArgs, args);
    if (!checked.ok) return checked;
    const { system, identifier, ledger } = checked.value;
    const person = await this.#options.index.assignPerson(system, identifier);
    const subject = await this.#options.index.assignSubject(person, { ledger, custodian: caller });
    if (!this.#rolesOf(caller).includes('portal')) return accept({ subject });
    const citySubject = await this.#options.index.assignSubject(person, { ledger: this.#options.chainId, custodian: caller });
    return accept({ subject, citySubject });
  };

  /**
   * `{citySubject | system + identifier, audience, ledger, purpose, expiresAtUnixMs, wish?}` → `{token, tokenHash}`. The same wish of the
   * same caller is the same token, with the end that it had: whoever stopped halfway asks again.
   */
  issueLinkToken: SealedMethod = async ({ caller, args }) => {
    const checked = checkSealedArgs(IssueArgs, args);
    if (!checked.ok) return checked;
    const roles = this.#rolesOf(caller);
    if (!TOKEN_ROLES.some((role) => roles.includes(role)))
      return refuse('NOT_AUTHORISED', { organisation: caller, expected: [...TOKEN_ROLES] });
    const { audience, ledger, purpose, wish } = checked.value;
    const token = wish === undefined ? base64urlEncode(randomBytes(TOKEN_BYTES)) : this.#options.index.tokenOf(caller, wish);
    const tokenHash = linkTokenHash(token);
    const expiresAtUnixMs = this.#options.index.findToken(tokenHash)?.expiresAtUnixMs ?? checked.value.expiresAtUnixMs;
    if (expiresAtUnixMs <= this.#options.nowUnixMs()) return refuse('EXPIRED', { expiresAtUnixMs });
    const person = this.#findPerson(caller, checked.value);
    if (person === undefined) return refuse('NOT_FOUND', { what: 'person' });
    const known = this.#options.index.findToken(tokenHash);
    if (known !== undefined && (known.person !== person || known.ledger !== ledger || known.custodian !== audience))
      return refuse('DUPLICATE', { what: 'link token' });
    // Kept before it stands on the ledger: a token that is only here is worth nothing, one that is only there resolves to nobody.
    await this.#options.index.keepToken(tokenHash, { person, ledger, custodian: audience, purpose, expiresAtUnixMs });
    const issued = await this.#options.submitIdentity('issueToken', { tokenHash, purpose, audience, ledger, expiresAtUnixMs });
    return issued.ok ? accept({ token, tokenHash }) : issued;
  };

  /** `{token}` → `{subject}` of the calling custodian; the ledger marks the token used first, so that it works once. */
  resolve: SealedMethod = async ({ caller, args }) => {
    const checked = checkSealedArgs(ResolveArgs, args);
    if (!checked.ok) return checked;
    const tokenHash = linkTokenHash(checked.value.token);
    const token = this.#options.index.findToken(tokenHash);
    if (token === undefined || token.custodian !== caller) return refuse('NOT_FOUND', { what: 'link token' });
    const redeemed = await this.#options.submitIdentity('redeemToken', { tokenHash, audience: caller });
    if (!redeemed.ok) return redeemed;
    return accept({ subject: await this.#options.index.assignSubject(token.person, token) });
  };

  /**
   * The same for people, who may try again what failed after it: a token that is used already was used by its audience, which is the
   * caller, and the caller is told what it was told. EXPIRED after the token's time.
   */
  resolveAgain: SealedMethod = async (request) => {
    const resolved = await this.resolve(request);
    if (resolved.ok || resolved.refusal.code !== 'DUPLICATE') return resolved;
    const token = this.#options.index.findToken(linkTokenHash(String(request.args['token'])));
    if (token === undefined || token.custodian !== request.caller) return resolved;
    const { expiresAtUnixMs } = token;
    if (expiresAtUnixMs <= this.#options.nowUnixMs()) return refuse('EXPIRED', { expiresAtUnixMs });
    return accept({ subject: await this.#options.index.assignSubject(token.person, token) });
  };

  /**
   * `{system, identifier, account}` → `{citySubject}`: a portal that has seen who somebody is says which account is theirs. An account
   * is tied once; ACCOUNT_TAKEN when it is another person's.
   */
  tieAccount: SealedMethod = async ({ caller, args }) => {
    const checked = checkSealedArgs(TieArgs, args);
    if (!checked.ok) return checked;
    const { index, chainId, issuer } = this.#options;
    if (!this.#rolesOf(caller).includes('portal')) return refuse('NOT_AUTHORISED', { organisation: caller, expected: ['portal'] });
    if (issuer === undefined) return refuse('PERSONS_NOT_SERVED', {});
    const { system, identifier, account } = checked.value;
    const person = await index.assignPerson(system, identifier);
    if (!(await index.tieAccount(accountText(issuer, account), person))) return refuse('ACCOUNT_TAKEN', {});
    return accept({ citySubject: await index.assignSubject(person, { ledger: chainId, custodian: caller }) });
  };

  /** City subject at a portal of whoever signs in with an account of our provider; undefined while the account is nobody's. */
  async findCitizen(portal: string, account: string): Promise<string | undefined> {
    const { index, chainId, issuer } = this.#options;
    const person = issuer === undefined ? undefined : index.findByAccount(accountText(issuer, account));
    return person === undefined ? undefined : index.assignSubject(person, { ledger: chainId, custodian: portal });
  }

  /** Registers a subject that this index made for a portal, and binds the key that the portal keeps for it. Again changes nothing. */
  async introduce(portal: string, subject: string, key: CustodialKey): Promise<Result<Json>> {
    if (this.#options.index.findOwner(subject)?.custodian !== portal) return refuse('NOT_FOUND', { what: 'subject' });
    const registered = await this.#options.submitIdentity('register', { subject, custodian: portal, kind: 'person' });
    // Registered by hand before, as by the registrar's own desk: the ledger says whose it is.
    if (!registered.ok && registered.refusal.code !== 'DUPLICATE') return registered;
    return this.#options.submitIdentity('bindKey', { subject, class: 'custodial', portal, ...key });
  }

  #rolesOf(organisation: string): readonly string[] {
    return this.#options.members().findOrganisation(organisation)?.roles ?? [];
  }

  /** By the caller's own city subject, or by identifier. */
  #findPerson(caller: string, args: { citySubject?: string; system?: string; identifier?: string }): string | undefined {
    if (args.citySubject !== undefined) {
      const owner = this.#options.index.findOwner(args.citySubject);
      return owner?.custodian === caller ? owner.person : undefined;
    }
    if (args.system === undefined || args.identifier === undefined) return undefined;
    return this.#options.index.findPerson(args.system, args.identifier);
  }
}
