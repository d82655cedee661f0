import { type PeerIdentity, PORTS } from '@civitas/deployment';
import { BACKDATED_MS } from '../certificates/limits.ts';
import type { NetworkAuthority } from '../observe/authorities.ts';
import { IDLE_SWEEP_MS, KEPT_CHANNELS_MAX, MANY_IDLE_CHANNEL_MS } from './limits.ts';
import { issueOperatorIdentity, type NodeConnection, type OperatorIdentity, openNodeConnection } from './node-connection.ts';

export interface ConnectionTarget {
  /** `namespace/pod`. */
  readonly name: string;
  /** A new pod gets a new channel, and so does one whose authority is rolled over. */
  readonly podUID: string;
  readonly host: string;
  readonly network: string;
  readonly authority: NetworkAuthority;
  readonly isExpected: (peer: PeerIdentity) => boolean;
}

/** Open channels to pods, one a pod. */
export interface Connections {
  to(target: ConnectionTarget): Promise<NodeConnection>;
  /** Nobody is about to ask this pod again: where there are many, its connection need not stay open for who might. */
  letGo(name: string): void;
  /** Closes the channel to a pod that is gone. */
  forget(name: string): void;
  close(): void;
}

interface Opening {
  readonly key: string;
  readonly network: string;
  readonly connection: Promise<NodeConnection>;
  readonly atUnixMs: number;
  /** When it was asked for last. */
  askedUnixMs: number;
  /** Set once it is open. */
  opened?: NodeConnection;
}

/** The operator's certificate of one network. */
interface Issuing {
  readonly authority: NetworkAuthority;
  readonly atUnixMs: number;
  readonly identity: Promise<OperatorIdentity>;
  /** Set once it is issued. */
  issued?: OperatorIdentity;
}

/** Begun while the clock was ahead: its certificate is of a time that is still to come, and nodes refuse it. */
function isFromTheFuture({ atUnixMs }: { readonly atUnixMs: number }, nowUnixMs: number): boolean {
  return atUnixMs - BACKDATED_MS > nowUnixMs;
}

function isOfAuthority({ authority }: Issuing, other: NetworkAuthority): boolean {
  return authority.certificatePem === other.certificatePem && authority.everyPem === other.everyPem;
}

/** One a network, issued when it is first needed and again when it is due. */
class Identities {
  readonly #issuing = new Map<string, Issuing>();

  of({ network, authority }: ConnectionTarget, nowUnixMs: number): Promise<OperatorIdentity> {
    const known = this.#issuing.get(network);
    const isDue = known?.issued !== undefined && nowUnixMs >= known.issued.renewAtUnixMs;
    if (known !== undefined && isOfAuthority(known, authority) && !isDue && !isFromTheFuture(known, nowUnixMs)) return known.identity;
    const identity = issueOperatorIdentity({ network, authority, trustedPem: authority.everyPem }, nowUnixMs);
    const issuing: Issuing = { authority, atUnixMs: nowUnixMs, identity };
    this.#issuing.set(network, issuing);
    identity.then(
      (issued) => {
        issuing.issued = issued;
      },
      () => {
        if (this.#issuing.get(network) === issuing) this.#issuing.delete(network);
      },
    );
    return identity;
  }

  forget(network: string): void {
    this.#issuing.delete(network);
  }
}

/** Those that may hold a connection. */
class Warm {
  readonly #openings = new Set<Opening>();
  #sweptUnixMs: number;

  constructor(nowUnixMs: number) {
    this.#sweptUnixMs = nowUnixMs;
  }

  add(opening: Opening): void {
    this.#openings.add(opening);
  }

  delete(opening: Opening): void {
    this.#openings.delete(opening);
  }

  coolDown(opening: Opening): void {
    if (opening.opened?.letGoOfIdle() === true) this.#openings.delete(opening);
  }

  /** Who asked for a channel a moment ago is about to call, or to call again. */
  sweep(atUnixMs: number): void {
    // A clock that was ahead and is set right leaves the last sweep in the future.
    if (Math.abs(atUnixMs - this.#sweptUnixMs) < IDLE_SWEEP_MS) return;
    this.#sweptUnixMs = atUnixMs;
    for (const opening of this.#openings) if (atUnixMs - opening.askedUnixMs >= MANY_IDLE_CHANNEL_MS) this.coolDown(opening);
  }
}

/** None is open yet. Several who ask for one pod at once get the same channel. */
export function createConnections(nowUnixMs: () => number): Connections {
  const open = new Map<string, Opening>();
  const identities = new Identities();
  const warm = new Warm(nowUnixMs());
  const areMany = (): boolean => open.size > KEPT_CHANNELS_MAX;

  const end = (opening: Opening | undefined): void => {
    if (opening === undefined) return;
    warm.delete(opening);
    // One that could not be opened has nothing to close.
    opening.connection.then((connection) => connection.close()).catch(() => {});
  };

  const start = (name: string, key: string, target: ConnectionTarget): Opening => {
    const atUnixMs = nowUnixMs();
    const opening: Opening = {
      ...{ key, atUnixMs, askedUnixMs: atUnixMs, network: target.network },
      connection: identities.of(target, atUnixMs).then((identity) => openNodeConnection({ ...target, identity }, PORTS)),
    };
    opening.connection.then(
      (connection) => {
        opening.opened = connection;
      },
      () => {
        warm.delete(opening);
        if (open.get(name) === opening) open.delete(name);
      },
    );
    return opening;
  };

  return {
    to(target) {
      if (areMany()) warm.sweep(nowUnixMs());
      const key = `${target.podUID} ${target.host} ${target.network} ${target.authority.fingerprint}`;
      const known = open.get(target.name);
      const isDue = known?.opened !== undefined && (nowUnixMs() >= known.opened.renewAtUnixMs || isFromTheFuture(known, nowUnixMs()));
      if (known !== undefined && known.key === key && !isDue) {
        known.askedUnixMs = nowUnixMs();
        warm.add(known);
        return known.connection;
      }
      const opening = start(target.name, key, target);
      open.set(target.name, opening);
      warm.add(opening);
      end(known);
      return opening.connection;
    },
    letGo(name) {
      const known = open.get(name);
      if (known !== undefined && areMany()) warm.coolDown(known);
    },
    forget(name) {
      const known = open.get(name);
      end(known);
      open.delete(name);
      if (known !== undefined && [...open.values()].every(({ network }) => network !== known.network)) identities.forget(known.network);
    },
    close() {
      for (const opening of open.values()) end(opening);
      open.clear();
    },
  };
}
