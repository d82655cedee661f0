import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { entryText, readEntryText } from './entry-text.ts';

const aKey = fc.string({ unit: fc.constantFrom('a', '/', '"', '\\', ':', '{', '\u00e9', '\u0000'), maxLength: 12 });
const aValue = fc.uint8Array({ maxLength: 20 });

describe('the text of a record and its key', () => {
  test('gives back any key and any bytes', () => {
    fc.assert(
      fc.property(aKey, aValue, (key, value) => {
        const read = readEntryText(entryText(Buffer.from(key), value));
        expect(read?.key.toString()).toBe(key);
        expect(read?.value).toEqual(Buffer.from(value));
      }),
    );
  });

  test('begins with what keys of a kind have in common, as the name of a member', () => {
    expect(entryText(Buffer.from('health.index/documents/AbC'), Buffer.from('{"n":1}')).toString()).toBe(
      '"health.index/documents/":"AbC"{"n":1}',
    );
    expect(entryText(Buffer.from('alone'), Buffer.from('{}')).toString()).toBe('"":"alone"{}');
  });

  test.each(['', '"', '"a', '"a"', '"a":', '"a":"', '"a":"b', 'a":"b"{}', '"a" :"b"{}', ':', ':\u0000', ':\u0000\u0009ab'])(
    'is not made of %j',
    (text) => expect(readEntryText(Buffer.from(text))).toBeUndefined(),
  );
});
