import type { PeersDocument } from '@civitas/deployment';
import { PORTS } from '@civitas/deployment';
import type { SeededRandom } from '@civitas/testkit';
import { CLEAR, type LinkWeather, TcpProxy } from './tcp-proxy.ts';

/** Where the addresses of the links begin in the last byte of the subnet; the nodes' own are below. */
const FIRST_LINK = 100;

/** A proxy for each ordered pair of nodes: every connection between two engines crosses one. */
export class LinkMesh {
  readonly #proxies = new Map<string, TcpProxy>();
  readonly #nodeCount: number;
  readonly #subnet: string;

  private constructor(nodeCount: number, subnet: string) {
    this.#nodeCount = nodeCount;
    this.#subnet = subnet;
  }

  /** @param subnet first three bytes of loopback addresses; node i is at `.i+1`. At most 12 nodes. */
  static async open(parts: { nodeCount: number; subnet: string; random: SeededRandom }): Promise<LinkMesh> {
    const { nodeCount, subnet, random } = parts;
    const mesh = new LinkMesh(nodeCount, subnet);
    for (const [from, to] of mesh.#pairs()) {
      const listen = { host: mesh.#linkHost(from, to), port: PORTS.p2p };
      mesh.#proxies.set(`${from} ${to}`, await TcpProxy.listen(listen, { host: mesh.addressOf(to), port: PORTS.p2p }, random));
    }
    return mesh;
  }

  addressOf(node: number): string {
    return `${this.#subnet}.${node + 1}`;
  }

  /** The peers as one node is to see them: each behind its link. */
  peersOf(node: number, document: PeersDocument): PeersDocument {
    const peers = document.peers.map((peer, index) => (index === node ? peer : { ...peer, host: this.#linkHost(node, index) }));
    return { ...document, peers };
  }

  /** Changes what the links do that `touches` names, in both directions. */
  setWeather(weather: LinkWeather, touches: (one: number, other: number) => boolean): void {
    for (const [from, to] of this.#pairs()) {
      const proxy = this.#proxies.get(`${from} ${to}`);
      if (proxy !== undefined && (touches(from, to) || touches(to, from))) proxy.weather = weather;
    }
  }

  clear(): void {
    this.setWeather(CLEAR, () => true);
  }

  /** What the links have done so far, all together. */
  count(what: keyof TcpProxy['counts']): number {
    return [...this.#proxies.values()].reduce((sum, { counts }) => sum + counts[what], 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
  }

  *#pairs(): Generator<readonly [number, number]> {
    for (let from = 0; from < this.#nodeCount; from += 1) for (let to = 0; to < this.#nodeCount; to += 1) if (from !== to) yield [from, to];
  }

  #linkHost(from: number, to: number): string {
    return `${this.#subnet}.${FIRST_LINK + from * this.#nodeCount + to}`;
  }
}
