import { randomBytes, randomUUID } from 'node:crypto';
import { accept, type Refused, type Result, refuse } from '@civitas/canon';
import { SERVICE_CLIENTS_MAX } from '../limits.ts';
import { type ProtocolMapper, type ServiceClient, withChanged } from '../store/state.ts';
import type { Change } from '../store/users-file.ts';
import { isRecord, isText } from './field.ts';

const CLIENT_ID = /^[a-z0-9][a-z0-9._-]{2,199}$/;
const SECRET = /^[\x21-\x7e]{20,255}$/;
const SECRET_BYTES = 32;
const MAPPERS_MAX = 8;

const invalid = (field: string): Refused => refuse('IDENTITY_INVALID', { field });

/** A client as Keycloak writes it, without its secret. */
export function clientRow({ id, clientId, name, isEnabled, attributes, protocolMappers }: ServiceClient) {
  return {
    id,
    clientId,
    name,
    enabled: isEnabled,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    directAccessGrantsEnabled: false,
    fullScopeAllowed: false,
    clientAuthenticatorType: 'client-secret',
    attributes,
    protocolMappers: protocolMappers.map((mapper) => ({ ...mapper, protocol: 'openid-connect' })),
  };
}

export function secretRow({ secret }: ServiceClient) {
  return { type: 'secret', value: secret };
}

function textRecordOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return {};
  if (!isRecord(value) || !Object.values(value).every((text) => typeof text === 'string')) return undefined;
  return value as Readonly<Record<string, string>>;
}

function isJsonObject(text: string): boolean {
  try {
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}

function parseMapper(value: unknown): ProtocolMapper | undefined {
  if (!isRecord(value) || !isText(value['name'])) return undefined;
  const config = textRecordOf(value['config']);
  const protocolMapper = value['protocolMapper'];
  if (config === undefined) return undefined;
  if (protocolMapper === 'oidc-audience-mapper') return { name: value['name'], protocolMapper, config };
  // The only claim a client may be given is its agency: anything else could make it look like a person.
  const isAgency =
    protocolMapper === 'oidc-hardcoded-claim-mapper' &&
    config['claim.name'] === 'organization' &&
    isJsonObject(config['claim.value'] ?? '');
  return isAgency ? { name: value['name'], protocolMapper, config } : undefined;
}

type Written = Pick<ServiceClient, 'clientId' | 'name' | 'isEnabled' | 'attributes' | 'protocolMappers'> & {
  readonly secret: string | undefined;
};

function parseClient(body: unknown): Result<Written> {
  if (!isRecord(body)) return invalid('body');
  const { clientId, name = clientId, secret, enabled = true, protocolMappers = [] } = body;
  if (typeof clientId !== 'string' || !CLIENT_ID.test(clientId)) return invalid('clientId');
  if (!isText(name)) return invalid('name');
  if (secret !== undefined && (typeof secret !== 'string' || !SECRET.test(secret))) return invalid('secret');
  if (body['publicClient'] === true || body['standardFlowEnabled'] === true || body['directAccessGrantsEnabled'] === true) {
    return invalid('serviceAccountsEnabled');
  }
  const attributes = textRecordOf(body['attributes']);
  if (attributes === undefined) return invalid('attributes');
  const mappers = Array.isArray(protocolMappers) && protocolMappers.length <= MAPPERS_MAX ? protocolMappers.map(parseMapper) : [undefined];
  if (mappers.includes(undefined)) return invalid('protocolMappers');
  const known = mappers.filter((mapper) => mapper !== undefined);
  return accept({ clientId, name, secret, isEnabled: enabled === true, attributes, protocolMappers: known });
}

export const makeSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** @param reserved ids of clients that are set up from outside. */
export function createClient(body: unknown, reserved: readonly string[]): Change<string> {
  const parsed = parseClient(body);
  return (state) => {
    if (!parsed.ok) return parsed;
    const { clientId, secret = makeSecret() } = parsed.value;
    if (reserved.includes(clientId) || state.clients.some((client) => client.clientId === clientId)) return refuse('IDENTITY_TAKEN');
    if (state.clients.length >= SERVICE_CLIENTS_MAX) return refuse('IDENTITY_FULL', { countMax: SERVICE_CLIENTS_MAX });
    const made: ServiceClient = { ...parsed.value, id: randomUUID(), secret };
    return { ok: true, state: { ...state, clients: [...state.clients, made] }, value: made.id };
  };
}

function changeOne<T>(
  id: string,
  change: (present: ServiceClient) => Result<{ readonly next: ServiceClient; readonly value: T }>,
): Change<T> {
  return (state) => {
    const present = state.clients.find((client) => client.id === id);
    if (present === undefined) return refuse('IDENTITY_UNKNOWN');
    const changed = change(present);
    if (!changed.ok) return changed;
    return { ok: true, state: { ...state, clients: withChanged(state.clients, id, () => changed.value.next) }, value: changed.value.value };
  };
}

/** Writes the whole client; without a secret it keeps the one it has. */
export function replaceClient(id: string, body: unknown): Change<void> {
  const parsed = parseClient(body);
  return changeOne(id, (present) => {
    if (!parsed.ok) return parsed;
    if (parsed.value.clientId !== present.clientId) return invalid('clientId');
    return accept({ next: { ...parsed.value, id, secret: parsed.value.secret ?? present.secret }, value: undefined });
  });
}

/** Makes a new secret; the old one is refused from now on. */
export function rotateSecret(id: string): Change<ServiceClient> {
  return changeOne(id, (present) => {
    const next = { ...present, secret: makeSecret() };
    return accept({ next, value: next });
  });
}

export function deleteClient(id: string): Change<void> {
  return (state) => {
    if (!state.clients.some((client) => client.id === id)) return refuse('IDENTITY_UNKNOWN');
    return { ok: true, state: { ...state, clients: state.clients.filter((client) => client.id !== id) }, value: undefined };
  };
}
