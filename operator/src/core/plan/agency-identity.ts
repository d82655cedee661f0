import { type Verdict, verdict } from './verdict.ts';

/** Holds a deleted agency until its organization is disabled or gone. */
export const IDENTITY_FINALIZER = 'civitas.dev/identity';
/** Name of the service client that every agency has, and role of its tokens. */
export const SERVICE_CLIENT = 'service';
export const SERVICE_CLIENT_ROLE = 'operator';

/** Where an agency stands with the identity provider, as it was seen last. */
export type AgencyIdentity =
  | { readonly state: 'notInstalled' }
  | { readonly state: 'ready'; readonly organizationId: string; readonly secret: string }
  | { readonly state: 'failing'; readonly reason: DirectoryReason; readonly message: string };

export type DirectoryReason = 'DirectoryUnreachable' | 'DirectoryCredentials' | 'DirectoryDenied' | 'DirectoryFailed' | 'SettingsInvalid';

const REASONS: Readonly<Record<string, DirectoryReason>> = {
  DIRECTORY_UNREACHABLE: 'DirectoryUnreachable',
  DIRECTORY_BUSY: 'DirectoryUnreachable',
  DIRECTORY_CREDENTIALS: 'DirectoryCredentials',
  DIRECTORY_DENIED: 'DirectoryDenied',
};

/** Reason of the condition for a code of the directory; one that has no reason of its own failed. */
export function directoryReason(code: string): DirectoryReason {
  return REASONS[code] ?? 'DirectoryFailed';
}

/** @param identity Undefined before this process has looked. */
export function identityVerdict(identity: AgencyIdentity | undefined): Verdict {
  switch (identity?.state) {
    case undefined:
      return { type: 'IdentityReady', status: 'Unknown', reason: 'NotObserved', message: 'the identity provider has not been asked yet' };
    case 'notInstalled':
      return verdict(
        'IdentityReady',
        false,
        'IdentityNotInstalled',
        'no identity provider is installed; agencies act with certificates and keys alone',
      );
    case 'ready':
      return verdict('IdentityReady', true, 'OrganizationStands', 'organization, groups and service client are as they should be');
    case 'failing': {
      const { reason, message } = identity;
      // Whether it stands cannot be told while nobody answers.
      if (reason === 'DirectoryUnreachable') return { type: 'IdentityReady', status: 'Unknown', reason, message };
      return verdict('IdentityReady', false, reason, message);
    }
    default: {
      const never: never = identity;
      return never;
    }
  }
}
