import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { changeOf, createEventParser, type StreamEvent } from './event-stream.ts';

const STREAM =
  ': hello\n\nid: 7\nevent: change\ndata: {"kind":"Agency","namespace":"","name":"a","resourceVersion":"9"}\n\nevent: resync\r\ndata: {}\r\n\r\ndata: one\ndata: two\n\n';

function read(pieces: readonly string[]): readonly StreamEvent[] {
  const parse = createEventParser();
  return pieces.flatMap((piece) => parse(piece));
}

describe('server-sent events', () => {
  test('are framed by blank lines; comments and other fields are passed over', () => {
    expect(read([STREAM])).toEqual([
      { id: '7', data: '{"kind":"Agency","namespace":"","name":"a","resourceVersion":"9"}' },
      { id: '7', data: '{}' },
      { id: '7', data: 'one\ntwo' },
    ]);
  });

  test('are the same however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((left, right) => left - right), STREAM.length];
        const pieces = places.slice(1).map((end, index) => STREAM.slice(places[index], end));
        expect(read(pieces)).toEqual(read([STREAM]));
      }),
    );
  });

  test('an event that is cut off is none', () => {
    expect(read(['data: half'])).toEqual([]);
  });

  test('a line without end is refused instead of kept', () => {
    expect(() => read(['data: ', 'x'.repeat(70_000)])).toThrow('longer than');
  });
});

describe('what an event tells', () => {
  test('is which object changed', () => {
    expect(changeOf('{"kind":"LedgerLink","namespace":"jincheng","name":"city-health","resourceVersion":"3"}')).toEqual({
      kind: 'LedgerLink',
      namespace: 'jincheng',
      name: 'city-health',
    });
  });

  test.each(['{}', '', 'null', '[1]', '{"kind":4}'])('%j tells of no object: everything is read again', (data) => {
    expect(changeOf(data)).toBeUndefined();
  });
});
