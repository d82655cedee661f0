/** Where backups lie: a folder of the volume mounted at `PATHS.backups`, or below a prefix of an S3 bucket. */
export type BackupTargetConfig =
  | { readonly kind: 'volume'; readonly path: string }
  | {
      readonly kind: 's3';
      /** `https://host[:port]`. */
      readonly endpoint: string;
      readonly bucket: string;
      readonly prefix: string;
      readonly region: string;
      readonly forcePathStyle: boolean;
    };

/** What a backup must be, whoever shows it: hashes as base64url. */
export interface BackupIdentity {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly height: number;
  readonly appHash: string;
}

/** What `node backup` is given as its argument, JSON: one task, then it ends. It holds no secret. */
export interface BackupConfig {
  readonly schemaVersion: 1;
  readonly role: 'backup';
  /** Which backup a try belongs to: a later one goes on where it was. */
  readonly id: string;
  readonly task: BackupTask;
  readonly target: BackupTargetConfig;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
}

export type BackupTask =
  /** Copies a fresh snapshot of a node and reads it back. `node` shows it at `address`, `host:port`. */
  | { readonly type: 'take'; readonly chainId: string; readonly node: string; readonly address: string }
  /** Reads a backup and restores it into a store that is thrown away. */
  | { readonly type: 'verify'; readonly folder: string }
  /** Puts a backup on the volume of a node that is to be born from it; nothing happens on one that holds a chain. */
  | {
      readonly type: 'fetch';
      readonly folder: string;
      readonly expected: BackupIdentity;
      /** Word of a rebuild that the node has been told of: it drops its chain, so the one on the volume does not count. */
      readonly rebuild?: string;
    }
  /** Puts a backup of its own chain on the volume of a node that drops its ledger for it, once for each word. */
  | { readonly type: 'replace'; readonly folder: string; readonly expected: BackupIdentity; readonly rebuild: string }
  | { readonly type: 'remove'; readonly folder: string };

/** What a `node backup` container leaves as its termination message, JSON. */
export type BackupReport =
  | {
      readonly ok: true;
      readonly folder: string;
      readonly backup?: BackupIdentity & {
        readonly recordCount: number;
        readonly byteCount: number;
        readonly chunkCount: number;
        /** Domain that its genesis names. */
        readonly domain: string;
        /** Consensus keys of its network were one: it can be put on a volume and go on as the same chain. */
        readonly continues: boolean;
      };
    }
  | { readonly ok: false; readonly code: string; readonly message: string };
