/** How often a network's metrics are asked for, ms. */
export const SAMPLE_EVERY_MS = 15_000;
/** Samples kept of each network: half an hour. */
export const SAMPLES_MAX = 120;
/** Networks that are followed; the rest say nothing. */
export const FOLLOWED_NETWORKS_MAX = 50;
/** A node that has not answered by then is not waited for, ms. */
export const ANSWER_MS_MAX = 3000;
/** Longest answer that is read, bytes: a node at its bound of series says less than half of it. */
export const ANSWER_BYTES_MAX = 1024 * 1024;
