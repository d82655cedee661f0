const UNITS: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
};

/** Bytes of a Kubernetes quantity such as 10Gi; undefined for one that sizes of volumes are not written in. */
export function bytesOf(quantity: string | undefined): number | undefined {
  const [, number, unit] = /^([0-9]+)(Ki|Mi|Gi|Ti|k|M|G|T|)$/.exec(quantity ?? '') ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

/** The larger of two quantities as it was written; one that cannot be read counts as the smaller. */
export function largerSize(left: string, right: string | undefined): string {
  return right !== undefined && (bytesOf(right) ?? 0) > (bytesOf(left) ?? 0) ? right : left;
}

/** Bytes as a quantity, rounded up to whole Mi, in Gi where that is exact. */
export function sizeText(bytes: number): string {
  const mebibytes = Math.ceil(bytes / 2 ** 20);
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}
