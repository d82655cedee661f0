import type { RequestOptions } from 'node:https';

/** What the client needs of a configuration; the official client's KubeConfig has it. */
export interface ClusterAccess {
  getCurrentCluster(): { readonly server: string; readonly proxyUrl?: string } | null;
  getCurrentContext(): string;
  getContextObject(name: string): { readonly namespace?: string } | null;
  /** Adds certificates, headers and whatever else proves who we are. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}
