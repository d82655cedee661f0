export { type CallAnswer, openAnswer, sealAnswer } from './answer.ts';
export { type OpenCallInput, type OpenedCall, openCall, type SealCallInput, type SealedCallForSending, sealCall } from './call.ts';
export { CLOCK_WINDOW_MS, NONCE_BYTES, PLAINTEXT_BYTES_MAX } from './limits.ts';
export type { CallAddress, SealedAnswerMessage, SealedCallMessage } from './message.ts';
export { generateHpkeKeyPair, type HpkeKeyPair, type HpkePrivateKey, importHpkePrivateKey } from './suite.ts';
