/** How far a party's own date may lie after the block's time, ms: a block's time lags by the idle interval and clocks differ. */
export const DATE_AHEAD_MS_MAX = 300_000;
/** Records a view returns in one page: the runtime's bound of a scan. */
export const PAGE_RECORDS_MAX = 256;
/** Time that packets without a human deadline (digests, receipts) may travel, ms: three days, so that a weekend's outage loses none. */
export const PACKET_LIFE_MS = 259_200_000;
/** Longest time a person's request may wait for its answer, ms: thirty days. */
export const ANSWER_WAIT_MS_MAX = 2_592_000_000;
