/** One series as a metrics address tells it. */
export interface ToldSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the text format of Prometheus; lines that are none are left out, for a half answer is no fault of ours. */
export function readExposition(text: string): readonly ToldSeries[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', number] = LINE.exec(line) ?? [];
    const value = Number(number);
    if (name === undefined || Number.isNaN(value)) return [];
    return [{ name, labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, label, text]) => [label, text])), value }];
  });
}
