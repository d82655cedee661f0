/** Clients of the CLI are called this in `Agency.spec.clients`, in certificates and in memberships. */
export const CLIENT_NAME = 'cli';
