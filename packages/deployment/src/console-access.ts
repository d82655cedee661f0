/**
 * How the console reads ledgers. It makes its TLS key on its own volume and leaves a PKCS#10 request in the ConfigMap `CONSOLE_REQUEST`
 * (`request.csr`) of the operator's namespace; the operator answers in `CONSOLE_ACCESS` with `<namespace>.<network>.json` and
 * `<namespace>.<network>.crt` (leaf, then the authorities) a network.
 */
export const CONSOLE_REQUEST = 'console-request';
export const CONSOLE_ACCESS = 'console-access';

/** One network as the console is told of it. */
export interface ConsoleAccess {
  readonly schemaVersion: 1;
  readonly chainId: string;
  /** `host:port` of the network's gateway Service. */
  readonly grpc: string;
  /** SHA-256 of the request that the certificate is for, base64url: one for an earlier key is of no use. */
  readonly request: string;
}

/** Key of a network in both files. */
export const consoleAccessKey = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}.${name}`;
