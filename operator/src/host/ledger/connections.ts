import { type PeerIdentity, PORTS } from '@civitas/deployment';
import { BACKDATED_MS } from '../certificates/limits.ts';
import type { NetworkAuthority } from '../observe/authorities.ts';
import { type NodeConnection, openNodeConnection } from './node-connection.ts';

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
  /** Closes the channel to a pod that is gone. */
  forget(name: string): void;
  close(): void;
}

interface Opening {
  readonly key: string;
  readonly connection: Promise<NodeConnection>;
  readonly atUnixMs: number;
  /** Set once it is open. */
  opened?: NodeConnection;
}

/** Opened while the clock was ahead: its certificate is of a time that is still to come, and nodes refuse it. */
function isFromTheFuture(opening: Opening, nowUnixMs: number): boolean {
  return opening.atUnixMs - BACKDATED_MS > nowUnixMs;
}

/** None is open yet. Several who ask for one pod at once get the same channel. */
export function createConnections(nowUnixMs: () => number): Connections {
  const open = new Map<string, Opening>();

  const end = (opening: Opening | undefined): void => {
    // One that could not be opened has nothing to close.
    opening?.connection.then((connection) => connection.close()).catch(() => {});
  };

  const start = (name: string, key: string, target: ConnectionTarget): Opening => {
    const atUnixMs = nowUnixMs();
    const opening: Opening = {
      ...{ key, atUnixMs },
      connection: openNodeConnection({ ...target, trustedPem: target.authority.everyPem }, PORTS, atUnixMs),
    };
    opening.connection.then(
      (connection) => {
        opening.opened = connection;
      },
      () => {
        if (open.get(name) === opening) open.delete(name);
      },
    );
    return opening;
  };

  return {
    to(target) {
      const key = `${target.podUID} ${target.host} ${target.network} ${target.authority.fingerprint}`;
      const known = open.get(target.name);
      const isDue = known?.opened !== undefined && (nowUnixMs() >= known.opened.renewAtUnixMs || isFromTheFuture(known, nowUnixMs()));
      if (known !== undefined && known.key === key && !isDue) return known.connection;
      const opening = start(target.name, key, target);
      open.set(target.name, opening);
      end(known);
      return opening.connection;
    },
    forget(name) {
      end(open.get(name));
      open.delete(name);
    },
    close() {
      for (const opening of open.values()) end(opening);
      open.clear();
    },
  };
}
