export { callUnary, type Unary } from './call-unary.ts';
export { ERROR_TRAILER, findErrorInfo } from './error-trailer.ts';
export { CONNECT_TIMEOUT_MS, limitConnects } from './limit-connects.ts';
export { limitSessions, SESSION_TIMEOUT_MS } from './limit-sessions.ts';
export { findPeer, serverProblem } from './peer-name.ts';
