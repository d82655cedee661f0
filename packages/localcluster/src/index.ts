export { HomeTakenError } from './api/home-lock.ts';
export type { AuditEntry } from './api/router.ts';
export { type ApiServer, type ApiServerLog, type ApiServerOptions, startApiServer } from './api/server.ts';
export type { ClusterPort, KubeObject, ObjectMeta, ObjectTarget, PodLogSource, ResourceRef, WatchedEvent } from './cluster-port.ts';
export {
  type Kubelet,
  type KubeletLog,
  type KubeletOptions,
  type KubeletStats,
  reclaimPolicyAnnotation,
  startKubelet,
} from './kubelet/index.ts';
