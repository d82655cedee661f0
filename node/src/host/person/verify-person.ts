import { accept, type Result, refuse } from '@civitas/canon';
import { IdentityFault, type Principal, type TokenVerifier } from '@civitas/identity';

/** Whom a token speaks of. @returns TOKEN_… as the verifier says, IDENTITY_UNREACHABLE while the provider's keys cannot be had. */
export async function verifyPerson(verifier: TokenVerifier, token: string): Promise<Result<Principal>> {
  try {
    const verified = await verifier.verify(token);
    return verified.ok ? accept(verified.value.principal) : verified;
  } catch (error) {
    if (error instanceof IdentityFault) return refuse('IDENTITY_UNREACHABLE', {}, 'retry');
    throw error;
  }
}
