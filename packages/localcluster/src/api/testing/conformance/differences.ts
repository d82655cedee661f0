import type { ConformanceServer } from './conformance-server.ts';

/** What the two servers say differently, and why it stays so. Cases ask here; what is not listed is the same on both. */
export const DIFFERENCES = {
  unquotedNumber: {
    localcluster: 'spec.containers[0].env[0].value: Invalid value: 1: must be a string: put it in quotes',
    kubernetes: 'json: cannot unmarshal number into Go struct field',
    why: 'the real server speaks of its Go types; ours names the field and the cure',
  },
  objectTooLarge: { localcluster: '413', kubernetes: '500', why: 'the real server passes on what etcd says; 500 would be our own fault' },
  watchFromNoVersion: { localcluster: '400', kubernetes: '500', why: 'the real server refuses a list with 400 and a watch with 500' },
  failedJsonPatch: {
    localcluster: 'the server rejected our request due to an error in our request: ',
    kubernetes: 'the server rejected our request due to an error in our request',
    why: 'ours adds which step failed, and why',
  },
  unknownResource: {
    localcluster: 'the server could not find the requested resource',
    kubernetes: '404 page not found\n',
    why: 'the real server answers in plain text',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<ConformanceServer['is'] | 'why', string>>>>;

/** What this server says where the two differ. */
export function said(server: ConformanceServer, difference: keyof typeof DIFFERENCES): string {
  return DIFFERENCES[difference][server.is];
}
