export { type Kubelet, type KubeletOptions, type KubeletStats, startKubelet } from './kubelet.ts';
export type { KubeletLog, Pace } from './kubelet-context.ts';
export { reclaimPolicyAnnotation } from './volume-claims.ts';
