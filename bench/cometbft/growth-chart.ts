/** What one run of a growth series gave. */
export interface GrowthPoint {
  readonly validators: number;
  readonly keys: number;
  readonly operationsPerSecond: number;
  readonly closedLoopPerSecond: number;
  readonly commitMsAtHalf: number;
  readonly commitMsAt10PerSecond: number;
  readonly cpuMicrosPerOperation: { readonly engine: number; readonly node: number };
  readonly nodeRssBytes: number;
}

const PANEL = { width: 340, height: 220, left: 56, right: 46, top: 34, bottom: 40 } as const;

interface Series {
  readonly title: string;
  readonly points: readonly { readonly label: string; readonly point: GrowthPoint }[];
}

function shortCount(count: number): string {
  if (count >= 1_000_000) return `${count / 1_000_000}M`;
  return count >= 1_000 ? `${count / 1_000}k` : String(count);
}

const text = (x: number, y: number, content: string, rest = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${rest}>${content}</text>`;

function line(values: readonly number[], at: (index: number, value: number) => readonly [number, number], colour: string): string {
  const dots = values.map((value, index) => at(index, value).map((n) => n.toFixed(1)));
  const path = dots.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const marks = dots.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`).join('');
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${marks}`;
}

/** Operations a second on the left axis, p50 at half load on the right; both from zero. */
function panel({ title, points }: Series, offsetX: number): string {
  const { width, height, left, right, top, bottom } = PANEL;
  const operations = points.map(({ point }) => point.operationsPerSecond);
  const latencies = points.map(({ point }) => point.commitMsAtHalf);
  const [operationsMax, latencyMax] = [Math.max(1, ...operations) * 1.15, Math.max(1, ...latencies) * 1.15];
  const step = (width - left - right) / Math.max(1, points.length - 1);
  const x = (index: number): number => left + (points.length === 1 ? (width - left - right) / 2 : index * step);
  const scaled = (max: number) => (index: number, value: number) =>
    [x(index), height - bottom - (value / max) * (height - top - bottom)] as const;
  const axis = `<path d="M${left} ${top}V${height - bottom}H${width - right}V${top}" fill="none" stroke="#888"/>`;
  const labels = points.map(({ label }, index) => text(x(index), height - bottom + 16, label, 'text-anchor="middle"'));
  const ends = [
    text(left - 6, top + 4, String(Math.round(operationsMax)), 'text-anchor="end" fill="#1f5fa8"'),
    text(width - right + 6, top + 4, `${Math.round(latencyMax)} ms`, 'fill="#b4541a"'),
    text(left - 6, height - bottom, '0', 'text-anchor="end"'),
    text(width - right + 6, height - bottom, '0'),
  ];
  const lines = line(operations, scaled(operationsMax), '#1f5fa8') + line(latencies, scaled(latencyMax), '#b4541a');
  return `<g transform="translate(${offsetX} 0)">${text(width / 2, 18, title, 'text-anchor="middle" font-weight="600"')}${axis}${lines}${[...labels, ...ends].join('')}</g>`;
}

/** Two panels: growing sets of validators, and a growing state under four of them. */
export function growthChart(points: readonly GrowthPoint[]): string {
  const [first] = points;
  const keysLeast = Math.min(...points.map(({ keys }) => keys));
  const bySet = points.filter(({ keys }) => keys === keysLeast).map((point) => ({ label: String(point.validators), point }));
  const byState = points
    .filter(({ validators }) => validators === first?.validators)
    .map((point) => ({ label: shortCount(point.keys), point }));
  const { width, height } = PANEL;
  const panels =
    panel({ title: 'validators', points: bySet }, 0) +
    panel({ title: `records, ${first?.validators ?? 0} validators`, points: byState }, width);
  const legend = `${text(PANEL.left, height + 12, 'operations/s', 'fill="#1f5fa8"')}${text(PANEL.left + 110, height + 12, 'p50 at half load', 'fill="#b4541a"')}`;
  const size = `width="${2 * width}" height="${height + 22}" viewBox="0 0 ${2 * width} ${height + 22}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif" font-size="11" fill="#333"><rect width="100%" height="100%" fill="#fff"/>${panels}${legend}</svg>\n`;
}
