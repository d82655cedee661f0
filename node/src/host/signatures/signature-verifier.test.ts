import { utf8Encode } from '@civitas/canon';
import { sodiumCrypto } from '@civitas/canon/sodium';
import { aKeyPair } from '@civitas/testkit';
import { fc } from '@civitas/testkit/properties';
import { afterEach, expect, test } from '@jest/globals';
import { decodeBatch, encodeBatch, type SignedBytes } from './batch-codec.ts';
import { BATCH_BYTES_MAX, BATCH_SIGNATURES_MAX, INLINE_SIGNATURES_MAX } from './limits.ts';
import { SignatureVerifier, type SignatureVerifierOptions } from './signature-verifier.ts';

const key = aKeyPair('signer');
let verifier: SignatureVerifier | undefined;

afterEach(() => verifier?.close());

function aVerifier(options: SignatureVerifierOptions = {}): SignatureVerifier {
  verifier = new SignatureVerifier(options);
  return verifier;
}

/** Every third is signed for another message. */
function someSigned(count: number): (SignedBytes & { readonly isValid: boolean })[] {
  return Array.from({ length: count }, (_, index) => {
    const message = utf8Encode(`message ${index}`.repeat(1 + (index % 40)));
    const isValid = index % 3 !== 0;
    return { message, signature: key.sign(isValid ? message : utf8Encode('another')), publicKey: key.publicKey, isValid };
  });
}

const ask = (to: SignatureVerifier, { message, signature, publicKey }: SignedBytes) => to.verify(message, signature, publicKey);

test.each([1, INLINE_SIGNATURES_MAX + 1, BATCH_SIGNATURES_MAX * 3 + 5])('%d signatures get each its own verdict', async (count) => {
  const signed = someSigned(count);
  const asked = aVerifier();

  expect(await Promise.all(signed.map((one) => ask(asked, one)))).toEqual(signed.map(({ isValid }) => isValid));
});

test('messages larger than a batch go alone, and together in as many batches as they need', async () => {
  const asked = aVerifier();
  const signed = [0.4, 0.4, 0.4, 1.5, 0.1].map((share) => {
    const message = new Uint8Array(BATCH_BYTES_MAX * share);
    return { message, signature: key.sign(message), publicKey: key.publicKey };
  });

  expect(await Promise.all(signed.map((one) => ask(asked, one)))).toEqual(signed.map(() => true));
});

test('a few signatures are verified on this thread, many on the other', async () => {
  let here = 0;
  const asked = aVerifier({
    verifyEd25519: (...signed) => {
      here += 1;
      return sodiumCrypto.verifyEd25519(...signed);
    },
  });

  await Promise.all(someSigned(INLINE_SIGNATURES_MAX).map((one) => ask(asked, one)));
  expect(here).toBe(INLINE_SIGNATURES_MAX);
  await Promise.all(someSigned(INLINE_SIGNATURES_MAX + 1).map((one) => ask(asked, one)));
  expect(here).toBe(INLINE_SIGNATURES_MAX);
});

test('a key or a signature of another length is refused without asking', async () => {
  const asked = aVerifier({ entry: new URL('./dying-thread.fixture.ts', import.meta.url) });
  const short = new Uint8Array(31);
  const answers = Array.from({ length: 8 }, () => asked.verify(short, new Uint8Array(64), short));

  expect(await Promise.all([...answers, asked.verify(short, short, key.publicKey)])).toEqual(new Array(9).fill(false));
});

test.each([
  ['ends', new URL('./dying-thread.fixture.ts', import.meta.url), 'ended with code 7'],
  ['loses a verdict', new URL('./miscounting-thread.fixture.ts', import.meta.url), 'verdicts for'],
])('a thread that %s fails everyone who waits and everyone who asks later', async (_, entry, message) => {
  const asked = aVerifier({ entry });
  const signed = someSigned(BATCH_SIGNATURES_MAX * 3);
  const settled = await Promise.allSettled(signed.map((one) => ask(asked, one)));

  expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
  await expect(ask(asked, someSigned(2)[1] as SignedBytes)).rejects.toThrow(message);
});

test('after close nothing is answered', async () => {
  const asked = aVerifier();
  const waiting = ask(asked, someSigned(2)[1] as SignedBytes);
  await asked.close();

  await expect(waiting).rejects.toThrow('closed');
});

test('a batch comes out of its buffer as it went in', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const one = fc.record({ message: fc.uint8Array({ maxLength: 90 }), signature: bytes(64), publicKey: bytes(32) });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 6 }), (batch) => {
      const plain = (items: Iterable<SignedBytes>) =>
        [...items].map((item) => [item.publicKey, item.signature, item.message].map((part) => Buffer.from(part).toString('hex')));

      expect(plain(decodeBatch(encodeBatch(batch)))).toEqual(plain(batch));
    }),
  );
});
