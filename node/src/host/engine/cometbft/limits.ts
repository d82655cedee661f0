/** Evidence of misbehaviour counts until it is older than both: as long as a light client may trust a set (links: 14 days). */
export const EVIDENCE_AGE_BLOCKS_MAX = 1_000_000;
export const EVIDENCE_AGE_NANOS_MAX = 14n * 24n * 3_600n * 1_000_000_000n;
/** Evidence of one block, bytes: what BLOCK_DATA_BYTES_MAX leaves of a block, less header and commit. */
export const EVIDENCE_BYTES_MAX = 131_072;
/** A path of a unix socket, bytes (Linux `sun_path` less its end). */
export const SOCKET_PATH_BYTES_MAX = 107;
/** One ABCI message, bytes: a block of 4 MiB with framing, a snapshot chunk of 4 MiB. */
export const ABCI_MESSAGE_BYTES_MAX = 16_777_216;
/** An answer of the engine's RPC, bytes: a block of 4 MiB in base64 with its header and commit. */
export const RPC_ANSWER_BYTES_MAX = 8_388_608;
/** A question's time, ms: beyond it the engine is taken for stuck. */
export const RPC_TIMEOUT_MS = 5_000;
/** Time for handing over one transaction, ms: the engine's mempool is locked while a block commits. */
export const BROADCAST_TIMEOUT_MS = 20_000;
/** A connection to the engine's RPC that rests so long is let go of, ms: the engine ends one after 10 s, and a call that it meets just then would fail. */
export const RPC_IDLE_MS = 5_000;
/** Connections to the engine's RPC. */
export const RPC_CONNECTIONS_MAX = 32;
/** Validators of one page of the engine's answer (CometBFT `maxPerPage`). */
export const VALIDATORS_PAGE = 100;
/** How long a commit waits for its own light block, ms; beyond it the block source brings it later. */
export const LIGHT_BLOCK_WAIT_MS = 500;
/** Light blocks that are fetched and written at one time when some are missing. */
export const LIGHT_BLOCKS_SLICE = 128;
/** Pause before a transaction that was not taken is offered again, ms: the first, doubling to the last. */
export const OFFER_AGAIN_MS_MIN = 25;
export const OFFER_AGAIN_MS_MAX = 1_000;
/** How long a taken transaction may wait before it is offered again in case the engine lost it, ms. */
export const LOST_AFTER_MS = 10_000;
/** No commit for so long although work waits, ms: halted. An idle network rests for its empty-block interval beside. */
export const HALTED_AFTER_MS = 10_000;
/** Space that the volume must have, bytes: what full load and a snapshot's chunks write between two looks, many times over. */
export const DISK_FREE_BYTES_MIN = 67_108_864;
/** How often the engine is looked at, ms. */
export const WATCH_MS = 1_000;
/** Looks in a row without a connection after which a remote signer counts as silent: it may have dialled anew between two. */
export const SIGNER_MISSED_LOOKS_MAX = 3;
/** Blocks, one a look at most, that a signer which dialled anew may leave without its signature before its key is asked for again. */
export const SIGNER_UNPROVEN_BLOCKS_MAX = 8;
/** What a caller that met a halted or full engine is told to wait, ms. */
export const HALTED_RETRY_AFTER_MS = 2_000;
export const BUSY_RETRY_AFTER_MS = 250;
/** Transactions that the engine's mempool holds, and their bytes. */
export const MEMPOOL_TRANSACTIONS_MAX = 20_000;
export const MEMPOOL_BYTES_MAX = 67_108_864;
/** How long a peer must be missing before the engine is told to dial it, ms: its own tries, each 5 to 8 s, go on for 100 to 160 s. */
export const REDIAL_AFTER_MS = 180_000;
/** Between two such times, ms. */
export const REDIAL_EVERY_MS = 10_000;
/** How often a file that another process writes is looked for, ms. */
export const FILE_POLL_MS = 250;
/** How long one look at a peer's port may take, and the pause between two, ms. */
export const DIAL_PROBE_MS = 100;
/** How long an engine's start waits for those before it, ms: an earlier node may really be down. */
export const DIAL_ORDER_MS_MAX = 3_000;
/** A peers document, characters. */
export const PEERS_CHARACTERS_MAX = 131_072;
/** Places of the newest transactions that are remembered: more than the engine's own cache of what it has ordered. */
export const PLACES_MAX = 65_536;
/** How often it is looked whether an engine has ended, ms. */
export const ENGINE_END_POLL_MS = 20;
/** How long an engine that was asked to end may take before it is killed, ms: within what a node has to stop in. */
export const ENGINE_END_MS_MAX = 1_000;
/** How long one that was killed may take to be gone, ms: its disk may be slow to let it go. */
export const ENGINE_KILL_MS_MAX = 10_000;
/** An engine that stands still alone, or is silent, for so long has failed, ms; twice as long after each time, up to the last. */
export const STANDSTILL_MS_MIN = 30_000;
export const STANDSTILL_MS_MAX = 480_000;
/** Said in `status` before: an engine that stands still for so long may have failed, ms. */
export const STANDSTILL_TOLD_MS = 10_000;
/** By how much CometBFT waits longer in each further round (`timeout_propose_delta` and the others' default), ms. */
export const ROUND_DELTA_MS = 500;
/** What one look at the engine counts for at most, ms: time in which this process itself stood still proves nothing. */
export const LOOK_MS_MAX = 6_000;
