import {
  assertParsed,
  base64urlEncode,
  coSignatureSignBytes,
  encodeOperation,
  type Operation,
  operationHash,
  parseChainId,
  parseContractName,
  parseHash,
  parseKeyId,
  parseOrganisationName,
  parseUnixMs,
} from '@civitas/canon';
import { browserCrypto } from '@civitas/canon/browser';
import { describe, expect, test } from '@jest/globals';
import { bytesToSign } from './approval.ts';

const CLAIM = { chainId: 'jincheng-health-1', agency: 'hospital-1', proposal: 'p-1' };

const anOperation = (some: Partial<Operation> = {}): Operation => ({
  actor: 'person-1',
  args: { proposal: CLAIM.proposal },
  contract: assertParsed(parseContractName('network.members@v1')),
  expiresAtUnixMs: assertParsed(parseUnixMs(1_800_000_000_000)),
  genesis: assertParsed(parseHash(new Uint8Array(32))),
  idempotencyKey: new Uint8Array(16),
  keyId: assertParsed(parseKeyId(base64urlEncode(new Uint8Array(32)))),
  method: 'approve',
  network: assertParsed(parseChainId(CLAIM.chainId)),
  organisation: assertParsed(parseOrganisationName(CLAIM.agency)),
  role: 'member',
  ...some,
});

function prepared(operation: Operation): { readonly body: string; readonly coSignBytes: string } {
  const body = encodeOperation(operation);
  return { body: base64urlEncode(body), coSignBytes: base64urlEncode(coSignatureSignBytes(operationHash(browserCrypto.sha256, body))) };
}

describe('what an approver signs', () => {
  test('is the approval that is shown', () => {
    const offered = prepared(anOperation());
    const bytes = bytesToSign(browserCrypto.sha256, offered, CLAIM);
    expect(bytes === undefined ? '' : base64urlEncode(bytes)).toBe(offered.coSignBytes);
  });

  test.each([
    ['another proposal', anOperation({ args: { proposal: 'p-2' } })],
    ['another deed', anOperation({ method: 'propose' })],
    ['another contract', anOperation({ contract: assertParsed(parseContractName('health.records@v1')) })],
    ['another network', anOperation({ network: assertParsed(parseChainId('jincheng-city-1')) })],
    ['another agency', anOperation({ organisation: assertParsed(parseOrganisationName('bank-1')) })],
  ])('is never %s', (_name, operation) => {
    expect(bytesToSign(browserCrypto.sha256, prepared(operation), CLAIM)).toBeUndefined();
  });

  test('is never bytes that belong to another body', () => {
    const other = prepared(anOperation({ actor: 'person-2' }));
    expect(bytesToSign(browserCrypto.sha256, { ...prepared(anOperation()), coSignBytes: other.coSignBytes }, CLAIM)).toBeUndefined();
    expect(bytesToSign(browserCrypto.sha256, { body: '!', coSignBytes: '!' }, CLAIM)).toBeUndefined();
  });
});
