import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyAndCertificate } from './authority.ts';

/** The files of an authority that another issuer made. */
export interface IssuedFiles extends KeyAndCertificate {
  /** Certificate of whoever issued it; '' when it does not say. */
  readonly issuerPem: string;
}

export type IssuedAuthority = { readonly ok: true; readonly keys: KeyAndCertificate } | { readonly ok: false; readonly problem: string };

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Whether a key and its certificate can issue the certificates of a network.
 *
 * @returns them with the issuer's certificate beside the authority's own: a verifier trusts a chain only up to a root.
 */
export function checkIssuedAuthority({ certificatePem, privateKeyPem, issuerPem }: IssuedFiles, nowUnixMs: number): IssuedAuthority {
  const refuse = (problem: string): IssuedAuthority => ({ ok: false, problem });
  try {
    const [own, ...above] = certificatePem.match(PEM_BLOCK) ?? [];
    if (own === undefined) return refuse('tls.crt holds no certificate');
    const authority = new X509Certificate(own);
    const key = createPrivateKey(privateKeyPem);
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return refuse('its key is no P-256 key');
    if (!authority.checkPrivateKey(key)) return refuse('tls.key is not the key of tls.crt');
    if (!authority.ca) return refuse('it may issue nothing: basic constraints say that it is no authority');
    if (authority.validToDate.getTime() <= nowUnixMs) return refuse(`it ended ${authority.validTo}`);
    const chain = [...new Set([...above, ...(issuerPem.match(PEM_BLOCK) ?? [])])].filter((pem) => pem !== own);
    const pems = endsInRoot(authority, chain);
    if (pems === undefined) return refuse('ca.crt does not lead to a root: the issuer must show its own certificate');
    return { ok: true, keys: { certificatePem: [own, ...pems].map((pem) => `${pem}\n`).join(''), privateKeyPem } };
  } catch {
    return refuse('key or certificate cannot be read');
  }
}

/** The certificates above one, up to a root, in order; undefined when they do not reach one. */
function endsInRoot(leaf: X509Certificate, chain: readonly string[]): readonly string[] | undefined {
  const path: string[] = [];
  let at = leaf;
  while (!(at.checkIssued(at) && at.verify(at.publicKey))) {
    const next = chain.find((pem) => !path.includes(pem) && isIssuedBy(at, new X509Certificate(pem)));
    if (next === undefined) return undefined;
    path.push(next);
    at = new X509Certificate(next);
  }
  return path;
}

const isIssuedBy = (one: X509Certificate, issuer: X509Certificate): boolean => one.checkIssued(issuer) && one.verify(issuer.publicKey);
