import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { base64urlEncode, encodeCanonical, isJsonObject, type JsonObject, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  type Genesis,
  type GenesisOrganisation,
  type MemberKey,
  type NodeConfig,
  type PeerIdentity,
  PORTS,
  type RelayConfig,
  spiffe,
} from '@civitas/deployment';
import { parseReceipt, type Receipt } from '@civitas/proofs';
import { AdminServiceClient, type AdminServiceStatusResponse, type KeysResponse } from '@civitas/proto/civitas/node/v1/admin';
import { LedgerServiceClient } from '@civitas/proto/civitas/node/v1/ledger';
import { aKeyPair, type TestKeyPair, waitFor } from '@civitas/testkit';
import { type ChannelCredentials, type Client, type ClientUnaryCall, Metadata, type ServiceError } from '@grpc/grpc-js';
import { signGatewayOperation } from '../admission/gateway-operation.ts';
import { openCertificateFolder } from '../tls/certificate-folder.ts';
import { channelCredentials } from '../tls/credentials.ts';
import { aTestAuthority, type TestAuthority, writeLeaf } from './test-authority.ts';
import { TestProcess } from './test-process.ts';

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: object,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

export function ask<Request, Response>(method: Unary<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    method(request, new Metadata(), { deadline: Date.now() + 10_000 }, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

type Constructor<T> = new (address: string, credentials: ChannelCredentials, options: object) => T;

export interface TestMembership {
  readonly organisation: string;
  readonly roles: readonly string[];
}

/** One network with one node process, born as the operator does it. */
export class TestNetwork {
  readonly chainId: string;
  readonly domain: string;
  readonly process: TestProcess;
  readonly #members: readonly TestMembership[];
  readonly #closers: (() => void)[] = [];
  authority: TestAuthority | undefined;
  genesis: Genesis | undefined;

  constructor(parts: { domain: string; root: string; address: string; members: readonly TestMembership[] }) {
    this.chainId = `jincheng-${parts.domain}-1`;
    this.domain = parts.domain;
    this.process = new TestProcess(parts.root, parts.address, `uid-${parts.domain}`);
    this.#members = parts.members;
  }

  get grpc(): string {
    return `${this.process.address}:${PORTS.grpc}`;
  }

  get genesisHash(): Uint8Array {
    if (this.genesis === undefined) throw new Error(`${this.chainId} is not born`);
    return nodeCrypto.sha256(encodeCanonical(this.genesis as object as JsonObject));
  }

  /** The key of an organisation's credential profile, the same on every network. */
  keyOf(organisation: string): TestKeyPair {
    return aKeyPair(`cli ${organisation}`);
  }

  approverOf(organisation: string): TestKeyPair {
    return aKeyPair(`approver ${organisation}`);
  }

  async prepare(more: Pick<NodeConfig, 'tracing'> = {}): Promise<void> {
    this.authority = await aTestAuthority(this.chainId);
    const node = `${this.domain}-0`;
    const config: NodeConfig = {
      schemaVersion: 1,
      role: 'serve',
      network: this.domain,
      chainId: this.chainId,
      city: 'jincheng',
      domain: this.domain,
      node,
      organisation: this.#members[0]?.organisation ?? '',
      engine: 'embedded',
      gateways: this.#members.map(({ organisation }) => ({ organisation, approvalPolicy: 'auto' })),
      emptyBlockIntervalMs: 1000,
      bundleWaitMs: 5,
      logLevel: 'debug',
      ...more,
    };
    this.process.write(this.process.pathOf('config'), JSON.stringify(config));
    writeLeaf(this.process.pathOf('tls'), await this.authority.issue([spiffe.node(this.chainId, config.organisation, node)]));
  }

  async client<T extends Client>(kind: Constructor<T>, identity: string, port: number = PORTS.grpc): Promise<T> {
    if (this.authority === undefined) throw new Error('not prepared');
    const folder = join(this.process.root, `client-${randomBytes(4).toString('hex')}`);
    writeLeaf(folder, await this.authority.issue([identity]));
    const opened = await openCertificateFolder({ folder, nowUnixMs: Date.now, onChange: () => undefined });
    const credentials = channelCredentials(opened.provider, (peer: PeerIdentity) => peer.network === this.chainId && peer.kind === 'node');
    const client = new kind(`${this.process.address}:${port}`, credentials, {
      'grpc.ssl_target_name_override': this.chainId,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 200,
    });
    this.#closers.push(() => {
      client.close();
      opened.close();
    });
    return client;
  }

  admin(): Promise<AdminServiceClient> {
    return this.client(AdminServiceClient, spiffe.operator(this.chainId), PORTS.admin);
  }

  async status(): Promise<AdminServiceStatusResponse> {
    const admin = await this.admin();
    return waitFor(`${this.chainId} answers`, () => ask(admin.status.bind(admin), {}), 60_000);
  }

  /** Keys, genesis, grant: until the node serves. */
  async bear(city: TestNetwork | undefined, relayKey: Uint8Array): Promise<void> {
    const admin = await this.admin();
    const keys = await waitFor(`keys of ${this.chainId}`, () => ask(admin.keys.bind(admin), {}), 60_000);
    this.genesis = this.#genesisOf(keys, city, relayKey);
    this.process.write(this.process.pathOf('genesis'), encodeCanonical(this.genesis as object as JsonObject));
    await this.grant();
  }

  /** Grants signing and waits until the ledger moves. */
  async grant(): Promise<void> {
    const admin = await this.admin();
    const { consensusPublicKey } = await waitFor(`keys of ${this.chainId}`, () => ask(admin.keys.bind(admin), {}), 60_000);
    const keyHash = nodeCrypto.sha256(consensusPublicKey);
    await ask(admin.grantSigning.bind(admin), { keyHash, podUid: this.process.uid, granted: true });
    await waitFor(
      `${this.chainId} serves`,
      async () => {
        const status = await ask(admin.status.bind(admin), {});
        return status.phase === 'Serving' && status.height > 0n;
      },
      60_000,
    );
  }

  #genesisOf(reported: KeysResponse, city: TestNetwork | undefined, relayKey: Uint8Array): Genesis {
    const key = (publicKey: Uint8Array, use: MemberKey['use'], label: string): MemberKey => ({
      publicKey: base64urlEncode(publicKey),
      use,
      label,
    });
    const founders = this.#members.map(({ organisation, roles }): GenesisOrganisation => {
      const gateway = reported.organisations.find((hosted) => hosted.organisation === organisation);
      if (gateway === undefined) throw new Error(`no keys of ${organisation}`);
      return {
        name: organisation,
        displayName: { zh: organisation, en: organisation },
        roles,
        keys: [
          key(gateway.operationPublicKey, 'operation', 'gateway'),
          key(gateway.approverPublicKey, 'approver', 'auto-approver'),
          key(this.keyOf(organisation).publicKey, 'operation', 'cli'),
          key(this.approverOf(organisation).publicKey, 'approver', 'person'),
        ],
        hpkePublicKey: base64urlEncode(gateway.hpkePublicKey),
        approvalPolicy: 'auto',
        founder: true,
      };
    });
    const platform: GenesisOrganisation = {
      name: 'platform',
      displayName: { zh: 'platform', en: 'platform' },
      roles: ['platform', 'relay'],
      keys: [key(this.keyOf('platform').publicKey, 'operation', 'operator'), key(relayKey, 'relay', 'relay')],
      hpkePublicKey: '',
      approvalPolicy: 'manual',
      founder: false,
    };
    const contracts: Readonly<Record<string, readonly string[]>> = {
      city: ['city.registry', 'city.identity', 'city.consent', 'city.access', 'city.rulebook', 'city.fiscal-receipt'],
      transport: ['city.rulebook', 'transport.violation', 'transport.fine'],
    };
    const cityGenesis = city?.genesis;
    return {
      schemaVersion: 1,
      chainId: this.chainId,
      genesisTimeUnixMs: Date.now(),
      validators: [
        {
          publicKey: base64urlEncode(reported.consensusPublicKey),
          power: 10,
          node: `${this.domain}-0`,
          organisation: this.#members[0]?.organisation ?? '',
        },
      ],
      appState: {
        city: 'jincheng',
        domain: this.domain,
        cityClient:
          city === undefined || cityGenesis === undefined
            ? null
            : { chainId: city.chainId, genesisHash: base64urlEncode(city.genesisHash), validators: cityGenesis.validators },
        founders: [...founders, platform],
        approvalThreshold: 1,
        contracts: (contracts[this.domain] ?? []).map((name) => `${name}@v1`),
        limits: { operationsPerSecondPerOrganisation: 5000, linkPacketsPerMinute: 6000 },
      },
    };
  }

  /** Submits one operation as an organisation's profile and gives its receipt. */
  async submit(request: {
    organisation: string;
    role: string;
    contract: string;
    method: string;
    args: JsonObject;
    coSigned?: boolean;
    actor?: string;
  }): Promise<Receipt> {
    const { organisation, role, contract, method, args } = request;
    const client = await this.client(LedgerServiceClient, spiffe.client(this.chainId, organisation, 'cli'));
    const operation = signGatewayOperation({
      chainId: this.chainId,
      genesisHash: this.genesisHash,
      organisation,
      role,
      key: this.keyOf(organisation),
      actor: request.actor ?? 'tester',
      contract,
      method,
      args,
      expiresAtUnixMs: Date.now() + 60_000,
      coSigners: request.coSigned === true ? [this.approverOf(organisation)] : [],
    });
    const { receipt } = await ask(client.submit.bind(client), { operation });
    const parsed = parseReceipt(receipt);
    if (!parsed.ok) throw new Error(parsed.refusal.code);
    return parsed.value;
  }

  /** The same, for operations that must succeed. */
  async execute(request: Parameters<TestNetwork['submit']>[0]): Promise<JsonObject> {
    const { outcome } = await this.submit(request);
    if (!outcome.ok)
      throw new Error(`${request.contract} ${request.method}: ${outcome.refusal.code} ${JSON.stringify(outcome.refusal.facts)}`);
    return isJsonObject(outcome.result) ? outcome.result : {};
  }

  async read(key: string, organisation: string): Promise<JsonObject | undefined> {
    const client = await this.client(LedgerServiceClient, spiffe.client(this.chainId, organisation, 'cli'));
    const { found, value } = await ask(client.read.bind(client), { key, withProof: false, headerHeight: 0n });
    const parsed = found ? parseCanonical(value) : undefined;
    return parsed?.ok === true && isJsonObject(parsed.value) ? parsed.value : undefined;
  }

  async stop(): Promise<void> {
    for (const close of this.#closers) close();
    await this.process.stop();
  }
}

/** A relay process over some networks; its admin listener is the city's. */
export class TestRelay {
  readonly process: TestProcess;
  authority: TestAuthority | undefined;

  constructor(root: string, address: string) {
    this.process = new TestProcess(root, address, 'uid-relay');
  }

  writeConfig(
    networks: readonly TestNetwork[],
    links: RelayConfig['links'],
    more: Pick<RelayConfig, 'probeIntervalMs' | 'tracing'> = {},
  ): void {
    const config: RelayConfig = {
      schemaVersion: 1,
      role: 'relay',
      city: 'jincheng',
      name: 'relay-0',
      networks: networks.map((network) => ({
        network: network.domain,
        chainId: network.chainId,
        genesisHash: base64urlEncode(network.genesisHash),
        grpc: network.grpc,
      })),
      links,
      pollMs: 500,
      logLevel: 'debug',
      ...more,
    };
    this.process.write(this.process.pathOf('config'), JSON.stringify(config));
  }

  /** Its key, as the operator reads it. */
  fetchKey(): Promise<Uint8Array> {
    return this.#asOperator((admin) =>
      waitFor('key of the relay', async () => (await ask(admin.keys.bind(admin), {})).relayPublicKey, 60_000),
    );
  }

  /** The code with which it refuses a signing grant. */
  refusalOfGrant(): Promise<string> {
    return this.#asOperator(async (admin) => {
      const request = { keyHash: new Uint8Array(32), podUid: '', granted: true };
      return ask(admin.grantSigning.bind(admin), request).then(
        () => 'granted',
        (error: ServiceError) => error.details,
      );
    });
  }

  async #asOperator<T>(act: (admin: AdminServiceClient) => Promise<T>): Promise<T> {
    if (this.authority === undefined) throw new Error('not prepared');
    const folder = join(this.process.root, 'operator');
    writeLeaf(folder, await this.authority.issue([spiffe.operator('jincheng')]));
    const opened = await openCertificateFolder({ folder, nowUnixMs: Date.now, onChange: () => undefined });
    const credentials = channelCredentials(opened.provider, (peer) => peer.network === 'jincheng' && peer.kind === 'relay');
    const client = new AdminServiceClient(`${this.process.address}:${PORTS.admin}`, credentials, {
      'grpc.ssl_target_name_override': 'jincheng',
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 200,
    });
    try {
      return await act(client);
    } finally {
      client.close();
      opened.close();
    }
  }

  async prepare(more: Pick<RelayConfig, 'tracing'> = {}): Promise<void> {
    this.authority = await aTestAuthority('jincheng');
    writeLeaf(join(this.process.pathOf('tls'), 'admin'), await this.authority.issue([spiffe.relay('jincheng')]));
    this.writeConfig([], [], more);
  }

  async enrol(networks: readonly TestNetwork[]): Promise<void> {
    for (const network of networks) {
      if (network.authority === undefined) throw new Error('not prepared');
      writeLeaf(join(this.process.pathOf('tls'), network.domain), await network.authority.issue([spiffe.relay(network.chainId)]));
    }
  }
}
