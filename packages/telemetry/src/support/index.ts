export { redactLine } from './collect-logs.ts';
export { collectSupport, type SupportBundle } from './collect-support.ts';
export { supportArchive, supportFileName } from './support-archive.ts';
export type { SupportedEvent, SupportedObject, SupportedPod, SupportSource } from './support-source.ts';
export { tarOf } from './tar.ts';
