import { type ChannelOptions, Server, type ServerCredentials } from '@grpc/grpc-js';
import {
  ANSWER_BYTES_MAX,
  CONCURRENT_STREAMS_MAX,
  CONNECTION_AGE_GRACE_MS,
  CONNECTION_AGE_MS,
  KEEPALIVE_MS,
  KEEPALIVE_TIMEOUT_MS,
  SESSION_MEMORY_MB_MAX,
} from './limits.ts';

export interface Listener {
  readonly port: number;
  /** Lets calls end for `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  readonly messageBytesMax: number;
  readonly register: (server: Server) => void;
}

/** Options of every listener of ours: a bound for each thing that a stranger can make us hold. */
export function serverOptions(messageBytesMax: number): ChannelOptions {
  return {
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': ANSWER_BYTES_MAX,
    'grpc.max_concurrent_streams': CONCURRENT_STREAMS_MAX,
    'grpc-node.max_session_memory': SESSION_MEMORY_MB_MAX,
    'grpc.max_connection_age_ms': CONNECTION_AGE_MS,
    'grpc.max_connection_age_grace_ms': CONNECTION_AGE_GRACE_MS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.enable_channelz': 0,
  };
}

/** Opens a gRPC listener. @throws when the address or port is taken, naming both. */
export async function listen({ address, port, credentials, messageBytesMax, register }: ListenOptions): Promise<Listener> {
  const server = new Server(serverOptions(messageBytesMax));
  register(server);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, credentials, (error, boundPort) => {
      if (error === null) resolve(boundPort);
      else reject(new Error(`cannot listen on ${address}:${port}`, { cause: error }));
    });
  });
  return {
    port: bound,
    close: (graceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, graceMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
