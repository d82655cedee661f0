import { type Bytes, concatBytes, encodeCanonical, type JsonObject, utf8Encode } from '@civitas/canon';

/** What a citizen's key signs: a domain line, then the canonical JSON of the document (contracts/FLOWS.md sections 1, 2 and 4). */
export function citizenSignBytes(domain: 'consent' | 'dispute' | 'key-binding', document: JsonObject): Bytes {
  return concatBytes(utf8Encode(`civitas/${domain}/v1\n`), encodeCanonical(document));
}
