import type { ReactNode } from 'react';

interface SparklineProps {
  /** One a sample, oldest first; undefined where there was nothing to tell. */
  readonly values: readonly (number | undefined)[];
  /** What the line shows, for those who do not see it. */
  readonly label: string;
  /** What the line's top stands for; default: the largest value. */
  readonly top?: number | undefined;
}

const WIDTH = 240;
const HEIGHT = 48;

/** A small line over time; its foot is 0. A gap stays a gap. */
export function Sparkline({ values, label, top }: SparklineProps): ReactNode {
  const most = top ?? Math.max(1, ...values.map((value) => value ?? 0));
  const step = values.length < 2 ? 0 : WIDTH / (values.length - 1);
  let isOpen = false;
  const path = values.map((value, index) => {
    if (value === undefined) {
      isOpen = false;
      return '';
    }
    const verb = isOpen ? 'L' : 'M';
    isOpen = true;
    return `${verb}${(index * step).toFixed(1)} ${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
  });
  return (
    <svg className="civitas-sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={path.join(' ')} />
    </svg>
  );
}
