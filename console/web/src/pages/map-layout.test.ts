import { expect, test } from '@jest/globals';
import { placesOf } from './map-layout.ts';

test('no two networks of the map stand on each other', () => {
  for (let count = 0; count <= 40; count += 1) {
    const places = placesOf(Array.from({ length: count }, (_, index) => `n${index}`));
    const distances = places.flatMap((one, index) => places.slice(index + 1).map((other) => Math.hypot(one.x - other.x, one.y - other.y)));
    expect(places).toHaveLength(count);
    expect(Math.min(Number.POSITIVE_INFINITY, ...distances)).toBeGreaterThan(40);
  }
});
