import { describe, expect, test } from '@jest/globals';
import { isWorthRetrying } from './client.ts';
import { asksForStepUp, Disconnected, problemOf, SessionEnded, StepUpNeeded } from './problem.ts';

describe('what the API answers instead', () => {
  test('is a problem with its fields', () => {
    const problem = problemOf(422, { code: 'INVALID', detail: 'no', errors: [{ field: 'chainId', code: 'format', detail: 'd' }, 7] });
    expect(problem).toMatchObject({
      status: 422,
      code: 'INVALID',
      detail: 'no',
      errors: [{ field: 'chainId', code: 'format', detail: 'd' }],
    });
  });

  test.each([undefined, null, 'text', 7, {}, { code: 4, errors: 'x' }])('of another form (%j) is still one', (body) => {
    expect(problemOf(500, body)).toMatchObject({ status: 500, code: 'HTTP_500', errors: [] });
  });

  test('asks for a second factor only by RFC 9470', () => {
    expect(asksForStepUp(401, 'Bearer error="insufficient_user_authentication", acr_values="2", max_age=300')).toBe(true);
    expect(asksForStepUp(401, 'Bearer error="invalid_token"')).toBe(false);
    expect(asksForStepUp(401, null)).toBe(false);
    expect(asksForStepUp(403, 'Bearer error="insufficient_user_authentication"')).toBe(false);
  });

  test('is asked again only where that can help', () => {
    expect([new Disconnected(undefined), problemOf(429, {}), problemOf(503, {})].map(isWorthRetrying)).toEqual([true, true, true]);
    expect(
      [problemOf(403, {}), problemOf(404, {}), problemOf(500, {}), new SessionEnded(), new StepUpNeeded(), new TypeError()].map(
        isWorthRetrying,
      ),
    ).toEqual(Array.from({ length: 6 }, () => false));
  });
});
