import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { AuditEntry } from '@civitas/localcluster';

/** Who asked for what and whether they might, of every ServiceAccount outside the system's own namespaces; no bodies. */
export const AUDIT_POLICY = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', userGroups: ['system:serviceaccounts:kube-system'] },
    { level: 'Metadata', userGroups: ['system:serviceaccounts'] },
    { level: 'None' },
  ],
});

const LOOK_MS = 50;
const CREATED = 201;

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
  };
  readonly requestURI: string;
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface AuditTail {
  /** Tells of everything that stands in the log by now. */
  flush(): void;
  stop(): void;
}

/** Reads an API server's audit log as it grows; each call is told in the words that the API server of one machine uses. */
export function followAuditLog(path: string, audit: (entry: AuditEntry) => void): AuditTail {
  const file = openSync(path, 'a+');
  let offset = 0;
  let rest = '';
  const flush = (): void => {
    const buffer = Buffer.alloc(fstatSync(file).size - offset);
    offset += readSync(file, buffer, 0, buffer.length, offset);
    const lines = (rest + buffer.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) for (const entry of entriesOf(JSON.parse(line))) audit(entry);
  };
  const timer = setInterval(flush, LOOK_MS);
  return {
    flush,
    stop() {
      clearInterval(timer);
      closeSync(file);
    },
  };
}

/** An apply that makes its object is a patch here that needed the right to create as well. */
function entriesOf({ verb, user, objectRef, requestURI, responseStatus, annotations }: AuditEvent): readonly AuditEntry[] {
  const { resource, namespace = '', name = '', apiGroup: group = '', subresource = '' } = objectRef ?? {};
  const isAllowed = annotations?.['authorization.k8s.io/decision'] === 'allow';
  const path = resource === undefined ? { path: requestURI } : {};
  const entry: AuditEntry = {
    user: user.username,
    isAllowed,
    verb,
    group,
    resource: resource ?? '',
    subresource,
    name,
    namespace,
    ...path,
  };
  return verb === 'patch' && responseStatus?.code === CREATED ? [entry, { ...entry, verb: 'create' }] : [entry];
}
