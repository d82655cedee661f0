import { encodeCanonical, type Json } from '@civitas/canon';
import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { putBytesOf } from './vault-client.ts';

const name = fc.stringMatching(/^[A-Za-z0-9._:@-]{1,128}$/);
const value: fc.Arbitrary<Json> = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string()));
const fields = fc.array(fc.record({ name, value }), { maxLength: 8 });
const document = fc.stringMatching(/^[A-Za-z0-9_-]{0,200}$/);
const request = fc.record({ subject: name, collection: name, reference: name, document, fields });

test('what a record is counted as in a call is never less than the bytes it takes there', () => {
  fc.assert(
    fc.property(request, (record) => {
      const canonical = encodeCanonical({ ...record, fields: record.fields.map((field) => ({ ...field })) });
      // With the comma that parts it from the next record.
      expect(putBytesOf(record)).toBeGreaterThanOrEqual(canonical.length + 1);
    }),
  );
});
