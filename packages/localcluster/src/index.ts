export { type ApiServer, type ApiServerLog, type ApiServerOptions, startApiServer } from './api/server.ts';
export type { ClusterPort, KubeObject, ObjectMeta, ObjectTarget, PodLogSource, ResourceRef, WatchedEvent } from './cluster-port.ts';
