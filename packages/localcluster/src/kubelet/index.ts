export { type Kubelet, type KubeletOptions, type KubeletStats, startKubelet } from './kubelet.ts';
export type { KubeletLog } from './kubelet-context.ts';
export { reclaimPolicyAnnotation } from './volume-claims.ts';
