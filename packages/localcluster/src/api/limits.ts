/** Bounds of the API server: name, unit, reason. */

/** Bytes of a request body; the real server's limit, and what kubectl expects to be refused above. */
export const requestBodyBytesMax = 3 * 1024 * 1024;
/** Bytes of one stored object as JSON; etcd's default request limit. */
export const objectBytesMax = 1_572_864;
/** Bytes of a ConfigMap's or a Secret's values together; the real server's limit. */
export const configurationBytesMax = 1024 * 1024;
/** Open watches over all clients; each holds one socket and one queue. */
export const watchCountMax = 2_000;
/** Bytes a watch may have unsent before it is cut: the client lists again, the server keeps its memory. */
export const watchBacklogBytesMax = 8 * 1024 * 1024;
/** Objects in one page of a list, whatever `limit` asks. */
export const listPageMax = 10_000;
/** Changes remembered for each resource; a watch from before them is answered 410. */
export const watchWindowEventsMax = 4_096;
/** Changes made by one JSON patch; the real server's limit. */
export const jsonPatchOperationsMax = 10_000;
/** Nesting of a JSON body; deeper bodies only exist to exhaust the stack. */
export const jsonDepthMax = 128;
/** Milliseconds between bookmarks on a watch that asked for them. */
export const bookmarkIntervalMs = 60_000;
/** Milliseconds a watch lasts when it names no timeout. */
export const watchTimeoutMs = 30 * 60_000;
/** Objects of core/v1 Event kept; the oldest go first. */
export const eventCountMax = 2_000;
/** Seconds a ServiceAccount token lasts when a TokenRequest names none. */
export const tokenLifetimeSeconds = 3_600;
/** Bytes of all annotations of one object. */
export const annotationsBytesMax = 256 * 1024;
/** Milliseconds open requests have to end after stop(). */
export const stopGraceMs = 500;
