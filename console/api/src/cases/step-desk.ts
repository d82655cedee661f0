import { encodeCanonical, isJsonObject, type JsonObject, parseCanonical } from '@civitas/canon';
import type { PersonCall } from '@civitas/proto/civitas/node/v1/person';
import type { ConsoleContext } from '../context.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import { ANSWER_BYTES_MAX, SIGN_MS } from '../ledger/limits.ts';
import { objectOf } from '../ledger/packet-view.ts';
import { HEADER_POLL_MS, HEADER_WAIT_MS } from './limits.ts';

/** A record as the agency reads it, with its proof. */
export interface ReadRecord {
  readonly chainId: string;
  readonly value: JsonObject;
  /** Canonical, as arguments of operations carry it. */
  readonly proof: JsonObject;
  readonly headerHeight: number;
}

/** Whoever is asked by their role on a ledger, or by name. */
export type Audience = { readonly role: string } | { readonly agency: string };

/** What a step needs of ledgers beside its own: read and asked in the agency's name, by the person's own token. */
export interface StepDesk {
  readonly agency: string;
  /** 16 bytes of base64url that the wish makes again. */
  readonly key: string;
  /** Chain id of the case's own ledger. */
  readonly chainId: string;
  /** Undefined while there is none. */
  read(domain: string, key: string): Promise<ReadRecord | undefined>;
  /** Until a header proves it, within HEADER_WAIT_MS. @throws ProblemError LEDGER_UNREACHABLE. */
  readProven(domain: string, key: string): Promise<ReadRecord>;
  /** Has the gateway of another organisation do something. @throws ProblemError as its refusal says. */
  ask(domain: string, audience: Audience, method: string, args: JsonObject): Promise<JsonObject>;
}

type Part = Pick<ConsoleContext, 'caches' | 'view' | 'ledgers'>;
type DeskPart = Part & Pick<ConsoleContext, 'clock'>;

/** The ledger of a domain in the city of a case; undefined where the agency takes no part in it. */
export function networkOfDomain({ caches, view }: Part, near: LedgerNetwork, agency: string, domain: string): LedgerNetwork | undefined {
  if (near.spec.domain === domain) return near;
  const { namespace } = near.metadata;
  const there = caches.networks.store.list().filter(({ metadata, spec }) => metadata.namespace === namespace && spec.domain === domain);
  return there.find(({ metadata }) => view.partsOf(metadata).some((part) => part.agency === agency));
}

interface DeskOf {
  readonly network: LedgerNetwork;
  readonly agency: string;
  readonly call: PersonCall;
  readonly key: string;
}

export function openDesk(part: DeskPart, { network, agency, call, key }: DeskOf): StepDesk {
  function networkOf(domain: string): LedgerNetwork {
    const found = networkOfDomain(part, network, agency, domain);
    if (found === undefined)
      throw new ProblemError('FORBIDDEN', `${agency} takes no part in a ledger of ${domain}`, { reason: 'role-missing' });
    return found;
  }

  function nameOf(at: LedgerNetwork, audience: Audience): string {
    if ('agency' in audience) return audience.agency;
    const parts = part.view.partsOf(at.metadata);
    const found = parts.find(({ roles }) => roles.includes(audience.role));
    if (found === undefined) throw new ProblemError('NOT_FOUND', `nobody is ${audience.role} on ${at.metadata.name}`);
    return found.agency;
  }

  async function read(domain: string, key_: string): Promise<ReadRecord | undefined> {
    const at = networkOf(domain);
    const { person, chainId } = part.ledgers.open(at);
    const found = await callLedger(person.readAs.bind(person), { call, key: key_ });
    if (!found.found) return undefined;
    const proof = parseCanonical(found.proof, ANSWER_BYTES_MAX);
    return {
      chainId,
      value: objectOf(found.value),
      proof: proof.ok && isJsonObject(proof.value) ? proof.value : {},
      headerHeight: Number(found.headerHeight),
    };
  }

  return {
    agency,
    key,
    chainId: network.spec.chainId,
    read,
    async readProven(domain, recordKey) {
      const endMs = part.clock.monotonicMs() + HEADER_WAIT_MS;
      for (;;) {
        const found = await read(domain, recordKey);
        if (found !== undefined) return found;
        if (part.clock.monotonicMs() > endMs)
          throw new ProblemError('LEDGER_UNREACHABLE', `no header of ${domain} proves ${recordKey} yet`, { reason: 'HEADER_LATE' });
        await new Promise<void>((resolve) => part.clock.setTimer(HEADER_POLL_MS, resolve));
      }
    },
    async ask(domain, audience, method, args) {
      const at = networkOf(domain);
      const { person } = part.ledgers.open(at);
      const asked = { call, audience: nameOf(at, audience), method, args: encodeCanonical(args) };
      return objectOf((await callLedger(person.askAs.bind(person), asked, SIGN_MS)).result);
    },
  };
}
