export { SYSTEM_NAMESPACE } from './core/desired/names.ts';
export { crdOf } from './core/resources/crd.ts';
export { KINDS } from './core/resources/kinds.ts';
export { crdFiles } from './host/config/crd-files.ts';
