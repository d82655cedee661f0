export * from './contract.ts';
export * from './packet.ts';
