import { createHmac } from 'node:crypto';
import { type Bytes, encodeCanonical } from '@civitas/canon';
import type { FhirDocument } from './parse-bundle.ts';

/**
 * Id of a document on the ledger: HMAC-SHA256 under the organisation's index key over type, system, identifier and version, cut to
 * 16 bytes, base64url. The same resource has the same id at every run, and the id says nothing to who lacks the key.
 */
export function documentIdOf(indexKey: Bytes, document: Pick<FhirDocument, 'resourceType' | 'system' | 'identifier' | 'version'>): string {
  const { resourceType, system, identifier, version } = document;
  const mac = createHmac('sha256', indexKey)
    .update(encodeCanonical(['document', resourceType, system, identifier, version]))
    .digest();
  return mac.subarray(0, 16).toString('base64url');
}
