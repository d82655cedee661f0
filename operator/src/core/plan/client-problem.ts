import { base64urlDecode } from '@civitas/canon';
import type { AgencyClient } from '../resources/agency.ts';

const PUBLIC_KEY_BYTES = 32;

/** Why a client cannot be taken as it is: its key is no key, or another client's; undefined when nothing is wrong with it. */
export function clientProblem(client: AgencyClient, clients: readonly AgencyClient[]): string | undefined {
  const bytes = base64urlDecode(client.operationPublicKey);
  if (bytes?.length !== PUBLIC_KEY_BYTES)
    return `operationPublicKey is no Ed25519 key: ${PUBLIC_KEY_BYTES} bytes as unpadded base64url are expected, got ${bytes?.length ?? 'text that is not base64url'}`;
  const first = clients.find(({ operationPublicKey }) => operationPublicKey === client.operationPublicKey);
  return first === undefined || first.name === client.name
    ? undefined
    : `operationPublicKey is that of client ${first.name}: each client has a key of its own`;
}
