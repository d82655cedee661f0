import { randomBytes } from 'node:crypto';
import { createKeycloakDirectory, createTokenVerifier, type IdentityDirectory, type TokenVerifier } from '@civitas/identity';
import { systemClock } from '@civitas/kube';
import type { Profile } from './profile.ts';

/** What suites ask a profile by: the directory as the operator and as the console, and a verifier. */
export interface ContractCity {
  readonly operator: IdentityDirectory;
  readonly console: IdentityDirectory;
  readonly verifier: TokenVerifier;
}

export function contractCity({ url, realm, issuer, operator, console }: Profile): ContractCity {
  const directory = (credentials: Profile['operator']): IdentityDirectory =>
    createKeycloakDirectory({ url, realm, clock: systemClock, credentials: () => credentials });
  return {
    operator: directory(operator),
    console: directory(console),
    verifier: createTokenVerifier({ issuer, audience: 'console-api', clock: systemClock }),
  };
}

/** A name that no other test uses: suites share one provider. */
export function freshName(word: string): string {
  return `${word}-${randomBytes(5).toString('hex')}`;
}

/** An organization as its Agency wishes it. */
export function anOrganization(alias: string) {
  return { alias, displayName: { zh: '第一人民医院', en: 'First Hospital' }, enabled: true, domains: [] } as const;
}

/** The value of a result. @throws Error with the refusal. */
export function valueOf<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: object }): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.refusal));
}

/** The code that a result was refused with; undefined where it was not. */
export function codeOf(
  result: { readonly ok: true } | { readonly ok: false; readonly refusal: { readonly code: string } },
): string | undefined {
  return result.ok ? undefined : result.refusal.code;
}
