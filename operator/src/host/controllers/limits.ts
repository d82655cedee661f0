/** The console's certificates are looked at this often once all are there, ms. */
export const CONSOLE_RECHECK_MS = 60_000;
/** Next look after something was done: its effect is to be seen. */
export const AFTER_ACTION_MS = 50;
/** Next look at a network that is not up yet. */
export const WHILE_STARTING_MS = 250;
/** Next look at a network that serves: its nodes are asked, the API server is not. */
export const WHILE_SERVING_MS = 2000;
/** Hundreds of networks or links at rest take turns: one look in this time among all of them, each at least once in `RESTING_LOOK_MS_MAX`. What changes is told by watches at once. */
export const RESTING_LOOK_EVERY_MS = 150;
export const RESTING_LOOK_MS_MAX = 30_000;
/** Heights alone are written to the status of one object at most this often. */
export const HEIGHT_STATUS_MS = 30_000;
/** And to all statuses together at this pace, after a burst: at rest an operator asks less than one request a second of the API server. */
export const LIVE_WRITE_EVERY_MS = 4000;
export const LIVE_WRITES_BURST_MAX = 5;
/** A membership or registry entry found complete is looked at again after this. */
export const SETTLED_RECHECK_MS = 60_000;
/** Agencies that are complete are looked at in turns, one in this time among all of them: each look may read its quota. */
export const SETTLED_RECHECK_EVERY_MS = 2000;
/** What was handed to a client is read again after this: one that somebody deletes is made anew then. */
export const CLIENT_RECHECK_MS = 10 * 60_000;
/** Next look while a proposal waits for approvals: so soon at first, and no later than this (patient-looks.ts). */
export const PROPOSAL_POLL_MS = 300;
export const PROPOSAL_POLL_MS_MAX = 10_000;
/** What a ledger took up is asked for again after this; a PackInstall that gets its decision has it asked for at once. */
export const CONTRACTS_RECHECK_MS = 10 * 60_000;
/** Next look at a link that works. */
export const LINK_POLL_MS = 2000;
/** A client that has heard nothing for this long is reported as not fresh, ms of header time. */
export const CLIENT_FRESH_MS = 5 * 60_000;
/** A packet without an answer for this long stops a link's Flowing condition. */
export const PACKET_LATE_MS = 60_000;
/** One apply of a whole city should make one relay: a new network waits this long for its neighbours. */
export const RELAY_SETTLE_MS = 700;
/** Next look at the counts of the whole installation: caches alone are read. */
export const CITY_RECHECK_MS = 2000;
/** Length of a message in a status entry; the CRD's own bound. */
export const STATUS_MESSAGE_CHARS_MAX = 256;
/** Blocks between the members' decision for other rules of execution and the first block of them: at rest ten minutes or so. */
export const PROTOCOL_NOTICE_BLOCKS = 60;
/** From protocol version 2 on an open proposal of this age is approved no more: the wish is proposed anew. */
export const PROPOSAL_LIFE_MS = 30 * 24 * 3_600_000;
/** Attempts at one proposal whose application failed. */
export const PROPOSAL_ATTEMPTS_MAX = 64;
/** Life of a certificate that is issued for somebody else's key, hours. */
export const CLIENT_HOURS = 2160;
/** A kind of others that the cluster did not serve is asked for again after this. */
export const ABSENT_KIND_RETRY_MS = 10_000;
/** A VolumeSnapshot that is being taken is looked at again after this. */
export const SNAPSHOT_POLL_MS = 1000;
