export { filesOfTar } from './files-of-tar.ts';
export { type OtlpReceiver, openOtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
