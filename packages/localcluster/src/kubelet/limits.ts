/** Bounds and paces of the process kubelet. */

/** Bytes of one container log before it is rotated; one rotated file is kept beside it. */
export const logBytesMax = 10 * 1024 * 1024;

/** A longer line of output is stored in pieces, as the container runtime interface does. */
export const logLineBytesMax = 16 * 1024;

/** Runs of one container whose logs are kept: the current and the previous one. */
export const logRunsKept = 2;

/** Restart back-off: the first restart is immediate, the second waits this long, then doubling. */
export const crashBackoffMsMin = 500;
export const crashBackoffMsMax = 30_000;

/** A run at least this long clears the restart back-off. */
export const crashBackoffResetMs = 60_000;

/** Time between looks at something that is missing (an image, a key of a ConfigMap) when no change wakes us. */
export const missingRetryMs = 5_000;

/** Grace of a pod that names none, in seconds. */
export const terminationGraceSecondsDefault = 30;

/** At stop every process gets this long after SIGTERM. The whole city stops within 5 s. */
export const stopGraceMs = 4_000;

/** Processes of a previous run get this long after SIGTERM. */
export const strayGraceMs = 2_000;

/** Time output may still arrive after its process has ended. */
export const outputDrainMs = 1_000;

/** Before its first success a readiness or startup probe is asked this often, then less and less up to its period. */
export const firstProbeMsMin = 100;

/** Status writes of one pod are gathered for this long. */
export const statusDelayMs = 20;

/** A status write that failed is tried again after this time. */
export const statusRetryMs = 1_000;

/** Heartbeat of the node's Lease. */
export const heartbeatMs = 10_000;

/** Bytes of a probe's answer that are read. */
export const probeAnswerBytesMax = 10 * 1024;

/** Connections one Service port forwards at once; more are reset. */
export const proxyConnectionsMax = 4_096;

/** Clients of one sticky Service port whose pod is remembered; the oldest is forgotten first. */
export const proxyStickyClientsMax = 4_096;

/** A refused listen of a Service address is tried again after this time. */
export const proxyRetryMs = 2_000;

/** Last bytes of a log that stand as the message of a failed container with FallbackToLogsOnError. */
export const terminationMessageBytesMax = 2_048;
/** Of the file that a container leaves its last words in, as the real kubelet bounds it. */
export const terminationMessageFileBytesMax = 4_096;
