import { PORTS, type PeerIdentity } from '@civitas/deployment';
import type { KeyAndCertificate } from '../certificates/authority.ts';
import { type NodeConnection, openNodeConnection } from './node-connection.ts';

export interface ConnectionTarget {
  /** `namespace/pod`. */
  readonly name: string;
  /** A new pod gets a new channel. */
  readonly podUID: string;
  readonly host: string;
  readonly network: string;
  readonly authority: KeyAndCertificate;
  readonly isExpected: (peer: PeerIdentity) => boolean;
}

/** Open channels to pods, one a pod. */
export interface Connections {
  to(target: ConnectionTarget): Promise<NodeConnection>;
  /** Closes the channel to a pod that is gone. */
  forget(name: string): void;
  close(): void;
}

/** None is open yet. */
export function createConnections(nowUnixMs: () => number): Connections {
  const open = new Map<string, { readonly key: string; readonly connection: NodeConnection }>();
  return {
    async to(target) {
      const key = `${target.podUID} ${target.host} ${target.network}`;
      const known = open.get(target.name);
      if (known !== undefined && known.key === key && nowUnixMs() < known.connection.renewAtUnixMs) return known.connection;
      const connection = await openNodeConnection(target, PORTS, nowUnixMs());
      open.get(target.name)?.connection.close();
      open.set(target.name, { key, connection });
      return connection;
    },
    forget(name) {
      open.get(name)?.connection.close();
      open.delete(name);
    },
    close() {
      for (const { connection } of open.values()) connection.close();
      open.clear();
    },
  };
}
