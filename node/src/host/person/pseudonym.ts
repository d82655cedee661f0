import { createHmac } from 'node:crypto';
import { type Bytes, base64urlEncode } from '@civitas/canon';

const DOMAIN = 'civitas/person/v1\n';
const PSEUDONYM_BYTES = 18;

/**
 * The name under which a person acts on a ledger: the same for everything they do for one organisation on one ledger, meaningless
 * to whoever lacks the organisation's secret.
 *
 * @param secret The organisation's, on this gateway's volume; 32 bytes.
 * @returns `p.` and 24 characters of base64url.
 */
export function pseudonymOf(secret: Bytes, person: { readonly issuer: string; readonly sub: string }): string {
  const mac = createHmac('sha256', secret).update(`${DOMAIN}${person.issuer.length}:${person.issuer}${person.sub}`).digest();
  return `p.${base64urlEncode(mac.subarray(0, PSEUDONYM_BYTES))}`;
}
