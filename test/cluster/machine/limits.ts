/** How long a part of the cluster may take on a machine that is busy with other things, ms. */
export const START_MS_MAX = 120_000;
/** How often a state that nobody announces is looked at, ms. */
export const POLL_MS = 100;
/** How long a process is given to end before it is killed, ms. */
export const STOP_MS_MAX = 10_000;
/** Local volumes made ahead, for want of a provisioner: five networks, one of them of four and one that grows, the relay, spares. */
export const VOLUME_COUNT = 24;
/** Each is a folder: the size is a promise that nothing holds. */
export const VOLUME_SIZE = '10Gi';
