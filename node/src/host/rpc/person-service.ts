import {
  accept,
  encodeCanonical,
  isJsonObject,
  type JsonObject,
  parseCanonical,
  parseContractName,
  type Result,
  refuse,
} from '@civitas/canon';
import {
  type AsCitizenRequest,
  type AsCitizenResponse,
  type AskAsRequest,
  type AskAsResponse,
  type PersonCall,
  type PersonServiceServer,
  type PrepareRequest,
  type PrepareResponse,
  type PrivateValue as PrivateValueMessage,
  type PrivateValues as PrivateValuesMessage,
  type ReadAsRequest,
  type ReadAsResponse,
  StandIn,
  type SubmitPreparedRequest,
  type SubmitPreparedResponse,
  type ViewAsRequest,
  type ViewAsResponse,
} from '@civitas/proto/civitas/node/v1/person';
import type { CitizenMethods } from '../citizen/citizen-methods.ts';
import type { PersonMethods } from '../person/person-methods.ts';
import type { PrivateValue, PrivateValues } from '../person/private-values.ts';
import { FIELD_BYTES_MAX } from '../vault/limits.ts';
import type { Guard, ServiceRule } from './guard.ts';
import type { LedgerDoor } from './ledger-door.ts';
import { read, view } from './ledger-service.ts';
import { LEDGER_MESSAGE_BYTES_MAX } from './limits.ts';

const IDEMPOTENCY_KEY_BYTES = 16;
const NOBODY: PersonCall = { token: '', organisation: '' };

export interface PersonDoor extends LedgerDoor {
  /** Undefined where the configuration names no identity provider. */
  readonly persons: PersonMethods | undefined;
  readonly citizens: CitizenMethods | undefined;
}

function personsOf(door: PersonDoor): Result<PersonMethods> {
  return door.persons === undefined ? refuse('PERSONS_NOT_SERVED', {}) : accept(door.persons);
}

function argumentsOf(bytes: Uint8Array): Result<JsonObject> {
  const args = parseCanonical(bytes, LEDGER_MESSAGE_BYTES_MAX);
  if (!args.ok) return args;
  return isJsonObject(args.value) ? accept(args.value) : refuse('MALFORMED', { field: 'args', expected: 'an object' });
}

const STAND_INS: ReadonlyMap<StandIn, PrivateValue['standIn']> = new Map([
  [StandIn.STAND_IN_COMMITMENT, 'commitment'],
  [StandIn.STAND_IN_PSEUDONYM, 'pseudonym'],
  [StandIn.STAND_IN_NULLIFIER, 'nullifier'],
]);

function privateValueOf({ field, standIn, value }: PrivateValueMessage): Result<PrivateValue> {
  const stands = STAND_INS.get(standIn);
  if (stands === undefined) return refuse('MALFORMED', { field: 'private_values.stand_in', expected: [...STAND_INS.values()].join(', ') });
  const parsed = parseCanonical(value, FIELD_BYTES_MAX);
  return parsed.ok ? accept({ field, standIn: stands, value: parsed.value }) : parsed;
}

function privateValuesOf({ values, ...frame }: PrivateValuesMessage): Result<PrivateValues> {
  const parsed: PrivateValue[] = [];
  for (const message of values) {
    const value = privateValueOf(message);
    if (!value.ok) return value;
    parsed.push(value.value);
  }
  return accept({ ...frame, values: parsed });
}

async function prepare(door: PersonDoor, request: PrepareRequest): Promise<Result<PrepareResponse>> {
  const persons = personsOf(door);
  if (!persons.ok) return persons;
  const { call = NOBODY, contract, method, role, idempotencyKey } = request;
  if (idempotencyKey.length !== IDEMPOTENCY_KEY_BYTES)
    return refuse('MALFORMED', { field: 'idempotency_key', got: idempotencyKey.length, expected: `${IDEMPOTENCY_KEY_BYTES} bytes` });
  const named = parseContractName(contract);
  if (!named.ok) return named;
  const args = argumentsOf(request.args);
  if (!args.ok) return args;
  const kept = request.privateValues === undefined ? undefined : privateValuesOf(request.privateValues);
  if (kept?.ok === false) return kept;
  const privateValues = kept === undefined ? {} : { privateValues: kept.value };
  const prepared = await persons.value.prepare(call, { contract, method, role, args: args.value, idempotencyKey, ...privateValues });
  return prepared.ok ? accept({ ...prepared.value, expiresAtUnixMs: BigInt(prepared.value.expiresAtUnixMs) }) : prepared;
}

async function submitPrepared(door: PersonDoor, request: SubmitPreparedRequest): Promise<Result<SubmitPreparedResponse>> {
  const persons = personsOf(door);
  if (!persons.ok) return persons;
  const receipt = await persons.value.submitPrepared(request.call ?? NOBODY, request.body, request.coSignatures);
  return receipt.ok ? accept({ operationHash: receipt.value.operationHash, receipt: receipt.value.bytes }) : receipt;
}

async function viewAs(door: PersonDoor, request: ViewAsRequest, network: string): Promise<Result<ViewAsResponse>> {
  const persons = personsOf(door);
  if (!persons.ok) return persons;
  const actor = await persons.value.actorOf(request.call ?? NOBODY, 'view');
  if (!actor.ok) return actor;
  const { pseudonym, gateway } = actor.value;
  const asked = { contract: request.contract, method: request.view, args: request.args };
  return view(door, asked, { network, organisation: gateway.organisation, kind: 'client', name: pseudonym });
}

async function readAs(door: PersonDoor, request: ReadAsRequest, network: string): Promise<Result<ReadAsResponse>> {
  const persons = personsOf(door);
  if (!persons.ok) return persons;
  const actor = await persons.value.actorOf(request.call ?? NOBODY, 'view');
  if (!actor.ok) return actor;
  const { pseudonym, gateway } = actor.value;
  const peer = { network, organisation: gateway.organisation, kind: 'client', name: pseudonym } as const;
  return read(door, { key: request.key, withProof: true, headerHeight: 0n }, peer);
}

async function askAs(door: PersonDoor, request: AskAsRequest): Promise<Result<AskAsResponse>> {
  const persons = personsOf(door);
  if (!persons.ok) return persons;
  const args = argumentsOf(request.args);
  if (!args.ok) return args;
  const { audience, method } = request;
  const answer = await persons.value.askAs(request.call ?? NOBODY, { audience, method, args: args.value });
  return answer.ok ? accept({ result: encodeCanonical(answer.value) }) : answer;
}

async function asCitizen({ citizens }: PersonDoor, request: AsCitizenRequest): Promise<Result<AsCitizenResponse>> {
  if (citizens === undefined) return refuse('PERSONS_NOT_SERVED', {});
  const { token, portal, method, idempotencyKey } = request;
  const args = argumentsOf(request.args);
  if (!args.ok) return args;
  const answer = await citizens.run({ token, portal, method, args: args.value, idempotencyKey });
  return answer.ok ? accept({ result: encodeCanonical(answer.value) }) : answer;
}

/** PersonService: for the console alone, which carries people's tokens and has no right of its own here. */
export function personService(guard: Guard, door: () => PersonDoor): PersonServiceServer {
  const rule: ServiceRule = { service: 'PersonService', accepts: ({ kind }) => kind === 'console', membership: true };
  return {
    prepare: guard.unary(rule, (request: PrepareRequest) => prepare(door(), request)),
    submitPrepared: guard.unary(rule, (request: SubmitPreparedRequest) => submitPrepared(door(), request)),
    viewAs: guard.unary(rule, (request: ViewAsRequest, { network }) => viewAs(door(), request, network)),
    readAs: guard.unary(rule, (request: ReadAsRequest, { network }) => readAs(door(), request, network)),
    askAs: guard.unary(rule, (request: AskAsRequest) => askAs(door(), request)),
    asCitizen: guard.unary(rule, (request: AsCitizenRequest) => asCitizen(door(), request)),
  };
}
