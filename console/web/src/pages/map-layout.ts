export interface Point {
  readonly x: number;
  readonly y: number;
}

const RADIUS_PER_NODE = 45;
const RADIUS_MIN = 180;

/**
 * Places on a circle, the first one in the middle when there are three or more: the city's own network, to which the others are linked.
 *
 * @returns A point for each name, in the order given.
 */
export function placesOf(names: readonly string[]): readonly Point[] {
  const hasCentre = names.length >= 3;
  const around = hasCentre ? names.length - 1 : names.length;
  const radius = Math.max(RADIUS_MIN, around * RADIUS_PER_NODE);
  return names.map((_name, index) => {
    if (hasCentre && index === 0) return { x: 0, y: 0 };
    const turn = ((hasCentre ? index - 1 : index) / around) * 2 * Math.PI - Math.PI / 2;
    return { x: Math.round(radius * 1.4 * Math.cos(turn)), y: Math.round(radius * Math.sin(turn)) };
  });
}
