import { join } from 'node:path';
import { accept, type Json, type JsonObject, type Result } from '@civitas/canon';
import type { NodeConfig } from '@civitas/deployment';
import { parseReceipt } from '@civitas/proofs';
import type { Admission } from '../admission/admission.ts';
import { GatewaySubmitter } from '../admission/gateway-submitter.ts';
import type { GatewayKeys, NodeKeys } from '../keys/node-keys.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import type { SealedGateway } from '../rpc/sealed-service.ts';
import { SubjectIndex } from '../subject/subject-index.ts';
import { SubjectMethods } from '../subject/subject-methods.ts';
import { VaultMethods } from '../vault/vault-methods.ts';
import { VaultStore } from '../vault/vault-store.ts';

export interface Gateways {
  readonly byOrganisation: ReadonlyMap<string, SealedGateway>;
  readonly vaults: ReadonlyMap<string, VaultStore>;
  /** Of the registrar, where it is hosted here. */
  readonly registrar: SubjectMethods | undefined;
  close(): Promise<void>;
}

export interface OpenGatewaysOptions {
  readonly dataFolder: string;
  readonly keys: NodeKeys;
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

/** Opens the vault of every hosted organisation, and on a ledger with `city.identity` the registrar's index. */
export function openGateways(options: OpenGatewaysOptions): Gateways {
  const { dataFolder, keys, ledger, nowUnixMs } = options;
  const issuer = options.config.persons?.issuer;
  const vaults = new Map<string, VaultStore>();
  let registrar: SubjectMethods | undefined;
  const { chainId } = ledger.genesis;
  const closers: (() => Promise<void>)[] = [];
  const hasIdentity = ledger.genesis.appState.contracts.some((name) => name.startsWith(`${REGISTRAR_CONTRACT}@`));

  function open(gateway: GatewayKeys): SealedGateway {
    const { organisation, vaultKey, operation: signer, subjectIndexKey } = gateway;
    const vault = new VaultStore({ folder: join(dataFolder, 'vaults', organisation), organisation, vaultKey, signer, nowUnixMs });
    closers.push(() => vault.close());
    vaults.set(organisation, vault);
    const { put: Put, open: Open, collect: Collect, erase: Erase } = new VaultMethods({ organisation, chainId, vault, ledger });
    const roles = ledger.members.findOrganisation(organisation)?.roles ?? [];
    if (!hasIdentity || !roles.includes('registrar')) return { keys: gateway, methods: { Put, Open, Collect, Erase } };
    const index = new SubjectIndex(join(dataFolder, 'subjects', organisation), subjectIndexKey);
    closers.push(() => index.close());
    const submitIdentity = identitySubmitter(options, gateway);
    const subjects = new SubjectMethods({ chainId, index, members: () => ledger.members, submitIdentity, issuer, nowUnixMs });
    registrar ??= subjects;
    const { assign: Assign, issueLinkToken: IssueLinkToken, resolve: Resolve, tieAccount: TieAccount } = subjects;
    return { keys: gateway, methods: { Put, Open, Collect, Erase, Assign, IssueLinkToken, Resolve, TieAccount } };
  }

  const byOrganisation = new Map([...keys.gateways].map(([organisation, gateway]) => [organisation, open(gateway)] as const));
  return {
    byOrganisation,
    vaults,
    registrar,
    close: async () => {
      await Promise.all(closers.map((close) => close()));
    },
  };
}
