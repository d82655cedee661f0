/** Where a kind is served. */
export interface SupportResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** An object of the cluster, as far as a bundle shows it. */
export interface SupportedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly generation?: number;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface SupportedPod extends SupportedObject {
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly { readonly name: string; readonly image?: string }[] };
  readonly status?: { readonly podIP?: string };
}

export interface SupportedEvent extends SupportedObject {
  readonly reason?: string;
  readonly message?: string;
  readonly type?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly involvedObject?: unknown;
}

/** Whose rights a bundle is collected with, and where from. Calls throw for what these rights do not reach. */
export interface SupportSource {
  readonly signal: AbortSignal;
  /** Namespaces in which pods, their logs and Events are looked for; undefined: all. */
  readonly namespaces: readonly (string | undefined)[];
  /** Objects of a kind of ours, wherever they are looked for; none where the cluster does not know the kind. */
  listObjects(resource: SupportResource): Promise<readonly SupportedObject[]>;
  listPods(namespace: string | undefined): Promise<readonly SupportedPod[]>;
  listEvents(namespace: string | undefined): Promise<readonly SupportedEvent[]>;
  /** What is not green, with what to do about it; where it is not told, the bundle says so. */
  readonly findings?: () => Promise<readonly object[]>;
  /** Text of a path of the API server. */
  getText(path: string, signal?: AbortSignal): Promise<string>;
  streamText(path: string): Promise<AsyncIterable<string>>;
}
