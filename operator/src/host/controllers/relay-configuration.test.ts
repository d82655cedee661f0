import { expect, test } from '@jest/globals';
import { leavesAlone, servedNameOf } from './relay-configuration.ts';

const configuration = (paused: boolean): string =>
  JSON.stringify({
    links: [
      { name: 'city-health', from: 'city', to: 'health', paused },
      { name: 'other', from: 'city', to: 'courts', paused: false },
    ],
  });

const PAUSED = configuration(true);

test.each([
  ['a relay that goes by it', { podUID: 'a', text: PAUSED, served: servedNameOf('a', PAUSED) }, true],
  ['no relay', { podUID: undefined, text: PAUSED, served: undefined }, true],
  ['a relay that has said nothing', { podUID: 'a', text: PAUSED, served: undefined }, false],
  ['a relay that goes by what was before', { podUID: 'a', text: PAUSED, served: servedNameOf('a', configuration(false)) }, false],
  ['the word of the pod before this one', { podUID: 'b', text: PAUSED, served: servedNameOf('a', PAUSED) }, false],
  [
    'a ConfigMap that is still to be written',
    { podUID: 'a', text: configuration(false), served: servedNameOf('a', configuration(false)) },
    false,
  ],
])('with %s a link that is to be paused is left alone: %#', (_, word, expected) => {
  expect(leavesAlone(word, 'city-health')).toBe(expected);
});

test('a link that no configuration names is carried by nobody', () => {
  expect(leavesAlone({ podUID: 'a', text: PAUSED, served: servedNameOf('a', PAUSED) }, 'not-there')).toBe(true);
});
