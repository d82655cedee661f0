import type { CodeMeanings, JsonObject } from '@civitas/canon';

/** Codes of what fails between us and the identity provider. */
export const IDENTITY_FAULTS = {
  DIRECTORY_UNREACHABLE: {
    meaning: 'The identity provider does not answer.',
    remedy: 'Look at its pods and its address; what waits is tried again.',
  },
  DIRECTORY_CREDENTIALS: {
    meaning: 'The identity provider does not know our client, or its secret is another one.',
    remedy: 'Compare the Secret of the client with the provider: identity-client-operator, identity-client-console.',
  },
  DIRECTORY_DENIED: {
    meaning: 'Our client may not do that at the identity provider.',
    remedy: 'Give its service account the roles that charts/civitas/keycloak names.',
  },
  DIRECTORY_BUSY: { meaning: 'The identity provider asks us to come back later.', remedy: 'Nothing; what waits is tried again.' },
  DIRECTORY_FAILED: { meaning: 'The identity provider failed.', remedy: 'Read its log; what waits is tried again.' },
  DIRECTORY_MAIL: {
    meaning: 'The identity provider could not send the mail.',
    remedy: 'Correct the mail server of the realm, then send the invitation again.',
  },
  DIRECTORY_ANSWER: {
    meaning: 'The identity provider answered what we do not understand.',
    remedy: 'Compare its version with the one that charts/civitas/keycloak names.',
  },
  KEYS_UNREACHABLE: {
    meaning: 'The keys of the identity provider cannot be read, so no token can be verified.',
    remedy: 'Look at the provider and at the address of its keys.',
  },
} as const satisfies CodeMeanings;

export type IdentityFaultCode = keyof typeof IDENTITY_FAULTS;

/** The identity provider, or the way to it, failed. Carries no secret and no token. */
export class IdentityFault extends Error {
  override readonly name = 'IdentityFault';
  readonly code: IdentityFaultCode;
  readonly facts: JsonObject;

  constructor(code: IdentityFaultCode, message: string, options: { facts?: JsonObject; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }
}
