import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalIdentity, type LocalIdentity } from '@civitas/local-identity';

const PORT = 8080;
const ADMIN = 'admin';

/** An identity provider of its own beside a city, under Keycloak's paths, that can be stopped. */
export class IdentityProvider {
  readonly url: string;
  /** Who runs the platform, and the password for their first sign-in. */
  readonly admin = { username: ADMIN, oneTimePassword: randomBytes(18).toString('base64url') };
  readonly #folder = mkdtempSync(join(tmpdir(), 'civitas-drill-identity-'));
  readonly #address: string;
  readonly #secrets: { readonly operator: string; readonly console: string };
  #identity: LocalIdentity | undefined;
  #server: Server | undefined;

  /** @param address loopback address that nothing else uses; @param secrets of the two clients. */
  constructor(address: string, secrets: { readonly operator: string; readonly console: string }) {
    this.#address = address;
    this.#secrets = secrets;
    this.url = `http://${address}:${PORT}`;
  }

  async start(): Promise<void> {
    const identity = await createLocalIdentity({
      origin: this.url,
      folder: this.#folder,
      readSeed: async () => {
        const { username, oneTimePassword: password } = this.admin;
        return JSON.stringify({ users: [{ username, password, platformRoles: ['platform-admin'] }] });
      },
      clientSecrets: this.#secrets,
      log: { info: () => undefined, warn: () => undefined },
    });
    const server = createServer((request, response) => {
      identity.handle(request, response).then(
        (isOurs) => isOurs || response.writeHead(404).end(),
        () => response.writeHead(500).end(),
      );
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(PORT, this.#address, resolve));
    this.#identity = identity;
    this.#server = server;
  }

  /** Nobody listens at its address any more. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await this.#identity?.close();
    this.#identity = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
