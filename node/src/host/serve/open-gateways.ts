import { join } from 'node:path';
import { accept, type Json, type JsonObject, type Result } from '@civitas/canon';
import type { NodeConfig } from '@civitas/deployment';
import { parseReceipt } from '@civitas/proofs';
import type { Admission } from '../admission/admission.ts';
import { GatewaySubmitter } from '../admission/gateway-submitter.ts';
import type { GatewayKeys, NodeKeys } from '../keys/node-keys.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import type { AskedMethods } from '../person/person-methods.ts';
import type { SealedGateway } from '../rpc/sealed-service.ts';
import { SubjectIndex } from '../subject/subject-index.ts';
import { SubjectMethods } from '../subject/subject-methods.ts';
import { type SealedMethod, VaultMethods } from '../vault/vault-methods.ts';
import { VaultStore } from '../vault/vault-store.ts';
import { followRole } from './follow-role.ts';

export interface Gateways {
  readonly byOrganisation: ReadonlyMap<string, SealedGateway>;
  readonly vaults: ReadonlyMap<string, VaultStore>;
  /** Of the registrar, where it is hosted here: asked anew at each use, for it may be enrolled later. */
  readonly registrar: SubjectMethods | undefined;
  /** What each gateway here does for the people of others. */
  readonly asked: ReadonlyMap<string, AskedMethods>;
  close(): Promise<void>;
}

export interface OpenGatewaysOptions {
  readonly dataFolder: string;
  readonly keys: Pick<NodeKeys, 'gateways'>;
  readonly ledger: LedgerHost;
  readonly admission: Pick<Admission, 'submit' | 'submitBatch'>;
  readonly config: Pick<NodeConfig, 'persons'>;
  readonly nowUnixMs: () => number;
}

const EXPIRY_MS = 60_000;
const REGISTRAR_CONTRACT = 'city.identity';

/** Submits a method of `city.identity` as the registrar and gives the outcome that the ledger recorded. */
function identitySubmitter(options: OpenGatewaysOptions, { organisation, operation: key }: GatewayKeys) {
  const { ledger, admission, nowUnixMs } = options;
  const submitter = new GatewaySubmitter({
    chainId: ledger.genesis.chainId,
    genesisHash: ledger.genesisHash,
    organisation,
    key,
    admission,
  });
  return async (method: string, args: JsonObject): Promise<Result<Json>> => {
    const stored = await submitter.submit({
      role: 'registrar',
      actor: 'registrar-gateway',
      contract: `${REGISTRAR_CONTRACT}@v1`,
      method,
      args,
      expiresAtUnixMs: Math.max(nowUnixMs(), ledger.status().timeUnixMs) + EXPIRY_MS,
    });
    if (!stored.ok) return stored;
    const receipt = parseReceipt(stored.value.bytes);
    if (!receipt.ok) return receipt;
    const { outcome } = receipt.value;
    return outcome.ok ? accept(outcome.result) : { ok: false, refusal: { ...outcome.refusal, then: 'drop' } };
  };
}

type VaultAnswers = Readonly<Record<'Put' | 'Open' | 'Collect' | 'Erase', SealedMethod>>;

/** What a gateway answers under seal, as the registrar's too. */
function sealedMethodsOf(vault: VaultAnswers, subjects: SubjectMethods | undefined): SealedGateway['methods'] {
  if (subjects === undefined) return vault;
  const { assign: Assign, issueLinkToken: IssueLinkToken, resolve: Resolve, tieAccount: TieAccount } = subjects;
  return { ...vault, Assign, IssueLinkToken, Resolve, TieAccount };
}

/** What it answers to people of others. */
function askedMethodsOf({ Collect }: VaultAnswers, subjects: SubjectMethods | undefined): AskedMethods {
  if (subjects === undefined) return { Collect };
  const { assign: Assign, issueLinkToken: IssueLinkToken, resolveAgain: Resolve } = subjects;
  return { Collect, Assign, IssueLinkToken, Resolve };
}

/** Opens the vault of every hosted organisation, and on a ledger with `city.identity` the registrar's index, once it is the registrar. */
export function openGateways(options: OpenGatewaysOptions): Gateways {
  const { dataFolder, keys, ledger, nowUnixMs } = options;
  const issuer = options.config.persons?.issuer;
  const { chainId } = ledger.genesis;
  const vaults = new Map<string, VaultStore>();
  const indexes = new Map<string, SubjectIndex>();
  const registrars = new Map<string, SubjectMethods>();
  const byOrganisation = new Map<string, SealedGateway>();
  const asked = new Map<string, AskedMethods>();

  function subjectsOf(gateway: GatewayKeys): SubjectMethods {
    const { organisation, subjectIndexKey } = gateway;
    const index = indexes.get(organisation) ?? new SubjectIndex(join(dataFolder, 'subjects', organisation), subjectIndexKey);
    indexes.set(organisation, index);
    const submitIdentity = identitySubmitter(options, gateway);
    return new SubjectMethods({ chainId, index, members: () => ledger.members, submitIdentity, issuer, nowUnixMs });
  }

  function serve(gateway: GatewayKeys, vault: VaultStore, subjects: SubjectMethods | undefined): void {
    const { organisation } = gateway;
    const { put: Put, open: Open, collect: Collect, erase: Erase } = new VaultMethods({ organisation, chainId, vault, ledger });
    const answers = { Put, Open, Collect, Erase };
    byOrganisation.set(organisation, { keys: gateway, methods: sealedMethodsOf(answers, subjects) });
    asked.set(organisation, askedMethodsOf(answers, subjects));
    if (subjects === undefined) registrars.delete(organisation);
    else registrars.set(organisation, subjects);
  }

  for (const [organisation, gateway] of keys.gateways) {
    const { vaultKey, operation: signer } = gateway;
    const vault = new VaultStore({ folder: join(dataFolder, 'vaults', organisation), organisation, vaultKey, signer, nowUnixMs });
    vaults.set(organisation, vault);
    serve(gateway, vault, undefined);
  }
  const registrar = { ledger, contract: REGISTRAR_CONTRACT, role: 'registrar', organisations: keys.gateways.keys() };
  const stop = followRole(registrar, (organisation, isRegistrar) => {
    const [gateway, vault] = [keys.gateways.get(organisation), vaults.get(organisation)];
    if (gateway !== undefined && vault !== undefined) serve(gateway, vault, isRegistrar ? subjectsOf(gateway) : undefined);
  });
  return {
    byOrganisation,
    vaults,
    get registrar() {
      return [...registrars.values()][0];
    },
    asked,
    close: async () => {
      stop();
      await Promise.all([...vaults.values(), ...indexes.values()].map((open) => open.close()));
    },
  };
}
