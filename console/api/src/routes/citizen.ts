import { randomUUID } from 'node:crypto';
import { encodeCanonical, isJsonObject, type Json, type JsonObject, type Operation } from '@civitas/canon';
import type { Citizen, CitizenAccess, CitizenConsent, CitizenDeed, ConsentOffer } from '@civitas/console-contract';
import { PREDICATES } from '@civitas/contracts';
import type { Principal } from '@civitas/identity';
import type { FastifyRequest } from 'fastify';
import { audited } from '../audit/audited.ts';
import { textOf } from '../cases/case-rule.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { headerOf } from '../http/header-of.ts';
import { decodeCursor, encodeCursor } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import { assertSameWish, readFirstTry, replayedAt } from '../ledger/first-try.ts';
import { SIGN_MS } from '../ledger/limits.ts';
import { objectOf } from '../ledger/packet-view.ts';
import { assertApplied, tokenOf } from '../ledger/person-calls.ts';
import { wishKey } from '../ledger/wish-key.ts';

const DAY_MS = 86_400_000;
const [PREDICATE] = PREDICATES;
const PURPOSE = 'verify-eligibility';

interface Desk {
  readonly network: LedgerNetwork;
  readonly portal: string;
}

/** The city's own ledger and the portal on it. @throws ProblemError NOT_FOUND while there is none. */
function deskOf({ caches, view }: ConsoleContext): Desk {
  const namespace = view.namespace();
  for (const network of caches.networks.store.list()) {
    if (network.metadata.namespace !== namespace || network.spec.domain !== 'city') continue;
    const portal = view.partsOf(network.metadata).find(({ roles }) => roles.includes('portal'))?.agency;
    if (portal !== undefined) return { network, portal };
  }
  throw new ProblemError('NOT_FOUND', 'the city has no portal');
}

interface Asked {
  readonly method: 'list' | 'grant' | 'withdraw' | 'dispute';
  readonly args: JsonObject;
  readonly idempotencyKey: Uint8Array;
}

/** What changes something: done once for its idempotency key. */
interface AskedOnce extends Asked {
  readonly method: Exclude<Asked['method'], 'list'>;
}

/** Has the portal's gateway do it: whose it is about follows from the token, which the gateway verifies itself. */
async function askPortal(
  { ledgers }: ConsoleContext,
  { network, portal }: Desk,
  request: FastifyRequest,
  asked: Asked,
): Promise<JsonObject> {
  const { person } = ledgers.open(network);
  const message = {
    token: tokenOf(request),
    portal,
    method: asked.method,
    args: encodeCanonical(asked.args),
    idempotencyKey: asked.idempotencyKey,
  };
  const { result } = await callLedger(person.asCitizen.bind(person), message, SIGN_MS);
  return objectOf(result);
}

const listIn = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const wholeIn = (entry: JsonObject, field: string): number => Number(entry[field] ?? 0);

/** Names of the two organisations that an entry speaks of, as the city writes them. */
function namesIn({ view }: ConsoleContext, entry: JsonObject): Pick<CitizenAccess, 'requesterName' | 'custodianName'> {
  const namesOf = (agency: string): CitizenAccess['requesterName'] => {
    const { zh, en } = view.findAgency(agency)?.spec.displayName ?? { zh: agency, en: agency };
    return { zh, en };
  };
  return { requesterName: namesOf(textOf(entry, 'requester')), custodianName: namesOf(textOf(entry, 'custodian')) };
}

function accessOf(context: ConsoleContext, entry: JsonObject): CitizenAccess {
  const text = (field: string): string => textOf(entry, field);
  const dispute = text('dispute');
  return {
    id: text('id'),
    source: text('source'),
    requester: text('requester'),
    custodian: text('custodian'),
    what: text('what'),
    purpose: text('purpose'),
    basis: text('basis'),
    atUnixMs: wholeIn(entry, 'atUnixMs'),
    dispute: dispute === 'open' || dispute === 'explained' ? dispute : 'none',
    explanation: text('explanation'),
    explainDueUnixMs: wholeIn(entry, 'explainDueUnixMs'),
    ...namesIn(context, entry),
    isOverdue: entry['escalated'] === true,
  };
}

function consentOf(context: ConsoleContext, entry: JsonObject): CitizenConsent {
  const text = (field: string): string => textOf(entry, field);
  return {
    id: text('id'),
    custodian: text('custodian'),
    source: text('source'),
    requester: text('requester'),
    requesterNetwork: text('requesterNetwork'),
    predicate: text('predicate'),
    purpose: text('purpose'),
    status: text('status') === 'withdrawn' ? 'withdrawn' : 'granted',
    expiresAtUnixMs: wholeIn(entry, 'expiresAtUnixMs'),
    usesLeft: wholeIn(entry, 'usesLeft'),
    usesMax: wholeIn(entry, 'usesMax'),
    ...namesIn(context, entry),
    mayWithdraw: entry['held'] === true && text('status') === 'granted',
  };
}

/** Who could ask whom: fund centres of housing ledgers, custodians of health ledgers. */
function offersOf({ caches, view }: ConsoleContext): ConsentOffer[] {
  const namespace = view.namespace();
  const networks = caches.networks.store.list().filter(({ metadata }) => metadata.namespace === namespace);
  const takers = (domain: string, role: string) =>
    networks
      .filter(({ spec }) => spec.domain === domain)
      .flatMap(({ metadata, spec }) =>
        view
          .partsOf(metadata)
          .filter(({ roles }) => roles.includes(role))
          .map(({ agency }) => ({
            agency,
            chainId: spec.chainId,
            names: view.findAgency(agency)?.spec.displayName ?? { zh: agency, en: agency },
          })),
      );
  const custodians = takers('health', 'custodian');
  return takers('housing', 'centre').flatMap((requester) =>
    custodians.map((custodian) => ({
      custodian: custodian.agency,
      source: custodian.chainId,
      requester: requester.agency,
      requesterNetwork: requester.chainId,
      predicate: PREDICATE,
      purpose: PURPOSE,
      requesterName: requester.names,
      custodianName: custodian.names,
    })),
  );
}

const NOTHING = new Uint8Array(0);

async function citizenOf(
  context: ConsoleContext,
  principal: Principal,
  request: FastifyRequest,
  cursor: string | undefined,
): Promise<Citizen> {
  const desk = deskOf(context);
  const head = { portal: desk.portal, account: principal.sub, offers: offersOf(context) };
  const args = cursor === undefined ? {} : { after: decodeCursor(cursor) };
  try {
    const { accesses, consents, next } = await askPortal(context, desk, request, { method: 'list', args, idempotencyKey: NOTHING });
    const more = typeof next === 'string' ? { nextAccess: encodeCursor(next) } : {};
    return {
      ...head,
      state: 'tied',
      accesses: listIn(accesses).map((entry) => accessOf(context, entry)),
      consents: listIn(consents).map((entry) => consentOf(context, entry)),
      ...more,
    };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.reason !== 'CITIZEN_UNKNOWN') throw error;
    return { ...head, state: 'untied', accesses: [], consents: [] };
  }
}

/** The log says that a citizen did it, never who: with a name beside it, what stands on the ledger under a pseudonym would be theirs. */
const SOMEBODY: Pick<Principal, 'sub' | 'name'> = { sub: 'citizen', name: '' };

/** The signed part of a citizen's operation, in which their wish stands as they said it. */
const SIGNED_PARTS = { grant: 'grant', withdraw: 'withdrawal', dispute: 'dispute' } as const;

/** What was shown stands on no ledger; the vault refuses to keep something else in its place. */
function isSaid({ method, args }: AskedOnce, { args: signed }: Operation): boolean {
  const part = signed[SIGNED_PARTS[method]];
  if (part === undefined || !isJsonObject(part)) return false;
  return Object.entries(args).every(([name, value]) => name === 'shown' || part[name] === value);
}

/** Has the portal do what may have been done before; what came of it then is the answer. @throws ProblemError as assertApplied, too. */
async function askPortalOnce(context: ConsoleContext, desk: Desk, request: FastifyRequest, asked: AskedOnce): Promise<JsonObject> {
  try {
    return await askPortal(context, desk, request, asked);
  } catch (error) {
    const height = replayedAt(error);
    if (height === undefined) throw error;
    const at = { organisation: desk.portal, idempotencyKey: asked.idempotencyKey, height };
    const { operation, receipt } = await readFirstTry(context.ledgers.open(desk.network), at);
    assertSameWish(isSaid(asked, operation));
    assertApplied(receipt);
    const result = receipt.outcome.ok && isJsonObject(receipt.outcome.result) ? receipt.outcome.result : {};
    return { ...result, height: receipt.height };
  }
}

interface Deed {
  readonly action: 'grantConsent' | 'withdrawConsent' | 'disputeAccess';
  readonly resource: string;
  readonly method: AskedOnce['method'];
  readonly args: JsonObject;
}

async function sign(context: ConsoleContext, principal: Principal, request: FastifyRequest, deed: Deed): Promise<CitizenDeed> {
  const desk = deskOf(context);
  const header = headerOf(request, 'idempotency-key');
  const idempotencyKey = wishKey('citizen', [principal.sub, header ?? randomUUID(), deed.action, deed.resource]);
  const { action, resource, method, args } = deed;
  return context.idempotency.once({ sub: principal.sub, header, request: [action, resource, request.body ?? null] }, () =>
    audited(context, { principal: { ...principal, ...SOMEBODY }, action, agency: '', resource }, async () => {
      const done = await askPortalOnce(context, desk, request, { method, args, idempotencyKey });
      return { id: textOf(done, 'id'), height: wholeIn(done, 'height') };
    }),
  );
}

/** What people see and do about themselves. */
export function citizenHandlers(context: ConsoleContext): HandlersOf<'getCitizen' | 'grantConsent' | 'withdrawConsent' | 'disputeAccess'> {
  return {
    getCitizen: ({ principal, query, request }) => citizenOf(context, principal, request, query.cursor),
    grantConsent: ({ principal, body, request }) => {
      const { days, shown, usesMax, ...terms } = body;
      // Whole days: the same wish of the same day is the same consent, also after a restart.
      const expiresAtUnixMs = (Math.floor(Date.now() / DAY_MS) + days + 1) * DAY_MS;
      const args = { ...terms, usesMax, expiresAtUnixMs, shown: { text: shown } };
      return sign(context, principal, request, { action: 'grantConsent', resource: 'Consent', method: 'grant', args });
    },
    withdrawConsent: ({ principal, params, request }) => {
      const resource = `Consent/${params.id}`;
      return sign(context, principal, request, { action: 'withdrawConsent', resource, method: 'withdraw', args: { consent: params.id } });
    },
    disputeAccess: ({ principal, params, body, request }) => {
      const args = { digest: params.id, ground: body.ground };
      return sign(context, principal, request, { action: 'disputeAccess', resource: `Access/${params.id}`, method: 'dispute', args });
    },
  };
}
