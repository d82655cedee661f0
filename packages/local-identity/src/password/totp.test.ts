import { describe, expect, test } from '@jest/globals';
import { base32Of, findTotpStep, totpCodeOf, totpUriOf } from './totp.ts';

// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
const SECRET = base32Of(Buffer.from('12345678901234567890'));
const VECTORS: readonly (readonly [number, string])[] = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
];

describe('codes of an authenticator', () => {
  test('base32 is that of RFC 4648', () => {
    expect(SECRET).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    expect(base32Of(Buffer.from('foob'))).toBe('MZXW6YQ');
  });

  test.each(VECTORS)('at %d s are those of RFC 6238', (nowUnixS, code) => {
    expect(totpCodeOf(SECRET, Math.floor(nowUnixS / 30))).toBe(code);
  });

  test('are taken one step early or late, with spaces and in wide digits, and no further', () => {
    const enrolment = { secret: SECRET, lastStep: 0 };
    expect(findTotpStep('287 082', enrolment, 59)).toBe(1);
    expect(findTotpStep('２８７０８２', enrolment, 59 + 30)).toBe(1);
    expect(findTotpStep('287082', enrolment, 59 + 60)).toBeUndefined();
    for (const wrong of ['', '28708', '2870822', 'abcdef', '287083']) expect(findTotpStep(wrong, enrolment, 59)).toBeUndefined();
  });

  test('are not taken again', () => {
    expect(findTotpStep('287082', { secret: SECRET, lastStep: 1 }, 59)).toBeUndefined();
  });

  test('the URI for the QR code escapes what it holds', () => {
    expect(totpUriOf('ABC', 'a b&c', 'Civitas')).toBe(
      'otpauth://totp/Civitas:a%20b%26c?secret=ABC&issuer=Civitas&algorithm=SHA1&digits=6&period=30',
    );
  });
});
