/** Bytes of a whole LMDB environment, from its statistics. */
export function storeBytes(stats: object): number {
  const { pageSize = 0, lastPageNumber = 0 } = stats as Readonly<Record<string, number | undefined>>;
  return pageSize * (lastPageNumber + 1);
}

/** Bytes that the entries of one table stand on, from its statistics: no less than the entries themselves. */
export function tableBytes(stats: object): number {
  const { pageSize = 0, treeLeafPageCount = 0, overflowPages = 0 } = stats as Readonly<Record<string, number | undefined>>;
  return pageSize * (treeLeafPageCount + overflowPages);
}
