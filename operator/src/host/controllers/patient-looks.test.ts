import { expect, test } from '@jest/globals';
import { PROPOSAL_POLL_MS, PROPOSAL_POLL_MS_MAX } from './limits.ts';
import { createPatientLooks } from './patient-looks.ts';

const MINUTE_MS = 60_000;

function looksAt(): { readonly pass: (ms: number) => void; readonly looks: ReturnType<typeof createPatientLooks> } {
  let nowUnixMs = 1_000_000;
  return { pass: (ms) => void (nowUnixMs += ms), looks: createPatientLooks({ nowUnixMs: () => nowUnixMs }) };
}

test('what has just begun to wait is looked at soon, what waits long ever more seldom, and nothing waits for ever', () => {
  const { pass, looks } = looksAt();
  const [first, ...later] = [0, 1000, 9_000, 20_000, 100 * MINUTE_MS].map((ms) => {
    pass(ms);
    return looks.next('city', '1 of 2');
  });
  expect([first, ...later]).toEqual([PROPOSAL_POLL_MS, PROPOSAL_POLL_MS, 1000, 3000, PROPOSAL_POLL_MS_MAX]);
});

test('whatever moves is looked at soon again, and others are not', () => {
  const { pass, looks } = looksAt();
  for (const key of ['city', 'health']) looks.next(key, '1 of 2');
  pass(100 * MINUTE_MS);
  expect([looks.next('city', '2 of 2'), looks.next('health', '1 of 2')]).toEqual([PROPOSAL_POLL_MS, PROPOSAL_POLL_MS_MAX]);
  looks.forget('health');
  expect(looks.next('health', '1 of 2')).toBe(PROPOSAL_POLL_MS);
});
