/** What the provider tells its host's log; the host's vocabulary of events has a line for each. */
export type IdentityEvent =
  | 'identity-fault'
  | 'identity-housekeeping-failed'
  | 'identity-invitation-accepted'
  | 'identity-key-rotated'
  | 'identity-password-changed'
  | 'identity-sessions-broken'
  | 'identity-sign-in-refused'
  | 'identity-signed-in'
  | 'identity-token-refused'
  | 'identity-users-made';

export interface IdentityLog {
  readonly warn: (facts: object, event: IdentityEvent) => void;
  readonly info: (facts: object, event: IdentityEvent) => void;
}
