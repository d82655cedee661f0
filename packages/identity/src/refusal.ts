import type { CodeMeanings } from '@civitas/canon';

/** Codes of tokens that are not taken. */
export const TOKEN_REFUSALS = {
  TOKEN_SIZE: { meaning: 'The token is empty or longer than any of ours.', remedy: 'Sign in again.' },
  TOKEN_FORM: { meaning: 'It is not a signed JSON Web Token.', remedy: 'Send the access token, not the refresh token or a session id.' },
  TOKEN_ALGORITHM: {
    meaning: 'It is signed in a way that the provider never signs in, or not at all.',
    remedy: 'Sign in again; if it persists, compare the signature algorithm of the realm with RS256, ES256, EdDSA.',
  },
  TOKEN_KEY: {
    meaning: 'The provider publishes no such key.',
    remedy: 'Sign in again; the token is of another provider or its key was retired.',
  },
  TOKEN_SIGNATURE: { meaning: 'Its signature is not one of the provider.', remedy: 'Sign in again; somebody may have changed the token.' },
  TOKEN_TYPE: { meaning: 'It is no bearer access token.', remedy: 'Send the access token, not the ID token or refresh token.' },
  TOKEN_ISSUER: { meaning: 'Another provider or realm issued it.', remedy: 'Compare the configured issuer with the `iss` of the token.' },
  TOKEN_AUDIENCE: { meaning: 'It is meant for another service.', remedy: 'The client needs an audience mapper for console-api.' },
  TOKEN_EXPIRED: { meaning: 'Its time is over.', remedy: 'Refresh it.' },
  TOKEN_EARLY: { meaning: 'It is from the future.', remedy: 'Set the clocks of provider and verifier.' },
  TOKEN_LIFE: { meaning: 'It lives longer than an access token may.', remedy: 'Shorten the access tokens of the realm: 300 s.' },
  TOKEN_CLAIMS: {
    meaning: 'A claim is missing or has another form.',
    remedy: 'Compare the client’s mappers with charts/civitas/keycloak.',
  },
} as const satisfies CodeMeanings;

/** Codes of what the directory says no with. */
export const DIRECTORY_REFUSALS = {
  ORGANIZATION_UNKNOWN: { meaning: 'The directory has no organization of that agency.', remedy: 'Wait for IdentityReady of the Agency.' },
  PERSON_UNKNOWN: { meaning: 'No such person, or no member of the agency.', remedy: 'Read the members again, or invite them.' },
  MEMBER_ALREADY: { meaning: 'They are a member, or invited, already.', remedy: 'Give them the role instead.' },
  INVITATION_UNKNOWN: { meaning: 'No such invitation: it was taken, withdrawn or has expired.', remedy: 'Read the invitations again.' },
  INVITATIONS_FULL: { meaning: 'Too many invitations of the agency are open.', remedy: 'Withdraw those that are not needed.' },
  SERVICE_CLIENT_UNKNOWN: { meaning: 'The agency has no service client of that name.', remedy: 'Read the clients again.' },
  DIRECTORY_INPUT: { meaning: 'The directory does not take a value.', remedy: 'Read the message and correct the value.' },
} as const satisfies CodeMeanings;
