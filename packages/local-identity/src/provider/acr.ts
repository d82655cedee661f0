/** How a person has signed in: with a password, or with a code of their authenticator besides. */
export const ACR_PASSWORD = '1';
export const ACR_SECOND_FACTOR = '2';

export type AskedAcr = 'any' | 'second-factor' | 'unknown';

function wordsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((word) => typeof word === 'string');
  return typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : [];
}

function valuesOfClaims(claims: unknown): { readonly values: readonly string[]; readonly essential: boolean } {
  if (typeof claims !== 'string') return { values: [], essential: false };
  // The provider has parsed and checked it before.
  const { id_token: idToken } = JSON.parse(claims) as {
    id_token?: { acr?: { values?: unknown; value?: unknown; essential?: unknown } | null };
  };
  const acr = idToken?.acr ?? {};
  return { values: [...wordsOf(acr.values), ...wordsOf(acr.value)], essential: acr.essential === true };
}

/** What an authorization request asks for: by `claims` as keycloak-js does, or by `acr_values` (OpenID Connect Core, 3.1.2.1 and 5.5.1.1). */
export function askedAcrOf(params: Readonly<Record<string, unknown>>): AskedAcr {
  const { values, essential } = valuesOfClaims(params['claims']);
  const asked = values.length > 0 ? values : wordsOf(params['acr_values']);
  if (asked.length === 0 || asked.includes(ACR_PASSWORD)) return 'any';
  if (asked.includes(ACR_SECOND_FACTOR)) return 'second-factor';
  return essential ? 'unknown' : 'any';
}
