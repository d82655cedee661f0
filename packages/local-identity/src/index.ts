export * from './codes.ts';
export { createLocalIdentity, type LocalIdentity, type LocalIdentityOptions } from './local-identity.ts';
export type { ForeignClient } from './provider/configuration.ts';
