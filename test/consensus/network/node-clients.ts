import { join } from 'node:path';
import { type PeerIdentity, PORTS, spiffe } from '@civitas/deployment';
import { AdminServiceClient } from '@civitas/proto/civitas/node/v1/admin';
import { LedgerServiceClient } from '@civitas/proto/civitas/node/v1/ledger';
import type { ChannelCredentials, Client } from '@grpc/grpc-js';
import { type TestAuthority, writeLeaf } from '../../../node/src/host/testing/test-authority.ts';
import { openCertificateFolder } from '../../../node/src/host/tls/certificate-folder.ts';
import { channelCredentials } from '../../../node/src/host/tls/credentials.ts';

type Constructor<T> = new (address: string, credentials: ChannelCredentials, options: object) => T;

/** Mutual-TLS clients of a network's nodes; one each identity and node, kept until `close`. */
export class NodeClients {
  readonly #folder: string;
  readonly #chainId: string;
  readonly #authority: TestAuthority;
  readonly #clients = new Map<string, Promise<Client>>();
  readonly #closers: (() => void)[] = [];
  #issued = 0;

  constructor(parts: { folder: string; chainId: string; authority: TestAuthority }) {
    this.#folder = parts.folder;
    this.#chainId = parts.chainId;
    this.#authority = parts.authority;
  }

  admin(address: string): Promise<AdminServiceClient> {
    return this.of(AdminServiceClient, address, { identity: spiffe.operator(this.#chainId), port: PORTS.admin });
  }

  ledger(address: string, organisation: string): Promise<LedgerServiceClient> {
    const identity = spiffe.client(this.#chainId, organisation, 'cli');
    return this.of(LedgerServiceClient, address, { identity, port: PORTS.grpc });
  }

  /** A client of any service of a node, under any identity of this network's authority. */
  of<T extends Client>(kind: Constructor<T>, address: string, as: { readonly identity: string; readonly port: number }): Promise<T> {
    const id = `${kind.name} ${address}:${as.port} ${as.identity}`;
    const known = this.#clients.get(id);
    if (known !== undefined) return known as Promise<T>;
    const opened = this.#open(kind, address, as);
    this.#clients.set(id, opened);
    return opened;
  }

  /** Folder with a fresh certificate of an identity, for a client in another process. */
  async certificateOf(identity: string): Promise<string> {
    const folder = join(this.#folder, `client-${this.#issued++}`);
    writeLeaf(folder, await this.#authority.issue([identity], 24));
    return folder;
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close();
    this.#clients.clear();
  }

  async #open<T extends Client>(kind: Constructor<T>, address: string, as: { identity: string; port: number }): Promise<T> {
    const folder = await this.certificateOf(as.identity);
    const opened = await openCertificateFolder({ folder, nowUnixMs: Date.now, onChange: () => undefined });
    const isNode = (peer: PeerIdentity): boolean => peer.network === this.#chainId && peer.kind === 'node';
    const client = new kind(`${address}:${as.port}`, channelCredentials(opened.provider, isNode), {
      'grpc.ssl_target_name_override': this.#chainId,
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
}
