/** One look at a container's health: by command, HTTP, TCP or gRPC. */

import { spawn } from 'node:child_process';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { probeAnswerBytesMax } from './limits.ts';
import type { Container, Probe } from './pod.ts';

export interface ProbeTarget {
  readonly container: Container;
  readonly podIP: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly workingFolder: string;
}

/** Healthy, or why not. */
export type ProbeResult = { readonly healthy: true } | { readonly healthy: false; readonly message: string };

const healthy: ProbeResult = { healthy: true };
const unhealthy = (message: string): ProbeResult => ({ healthy: false, message });

/** Never throws; an answer later than `timeoutMs` counts as none. */
export async function checkProbe(probe: Probe, target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    if (probe.exec !== undefined) return await checkCommand(probe.exec.command, target, signal);
    if (probe.httpGet !== undefined) return await checkHttp(probe.httpGet, target, signal);
    if (probe.tcpSocket !== undefined) {
      const { host = target.podIP, port } = probe.tcpSocket;
      return await checkTcp(host, portOf(port, target.container), signal);
    }
    if (probe.grpc !== undefined) return await checkGrpc(target.podIP, { service: '', ...probe.grpc }, signal);
    return unhealthy('the probe names no way to look');
  } catch (error) {
    if (signal.aborted) return unhealthy(`no answer within ${timeoutMs} ms`);
    return unhealthy(error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error));
  }
}

/** A port by number, or by the name the container gave it. */
export function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  if (named === undefined && !/^\d+$/.test(port)) throw new Error(`container "${container.name}" has no port named "${port}"`);
  return named ?? Number(port);
}

function checkCommand(command: readonly string[], target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const { variables: env, workingFolder: cwd } = target;
    const child = spawn(program, args, { env, cwd, signal, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (bytes: Buffer): void => {
      if (output.length < probeAnswerBytesMax) output += bytes.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve(unhealthy(signal.aborted ? 'the command did not end in time' : error.message)));
    child.once('close', (code) => resolve(code === 0 ? healthy : unhealthy(`the command ended with ${code}: ${output.trim()}`)));
  });
}

function checkHttp(get: NonNullable<Probe['httpGet']>, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const { host = target.podIP, path = '/', scheme = 'HTTP', httpHeaders = [] } = get;
  const headers: Record<string, string> = { 'User-Agent': 'kube-probe', Connection: 'close' };
  for (const header of httpHeaders) headers[header.name] = header.value;
  const options = { host, port: portOf(get.port, target.container), path, headers, signal, agent: false, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const request = (scheme === 'HTTPS' ? https : http).get(options, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      response.once('error', () => {});
      resolve(status >= 200 && status < 400 ? healthy : unhealthy(`HTTP probe failed with statuscode: ${status}`));
    });
    request.once('error', reject);
  });
}

function checkTcp(host: string, port: number, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const end = (finish: () => void): void => {
      socket.destroy();
      finish();
    };
    socket.once('connect', () => end(() => resolve(healthy)));
    socket.once('error', (error) => end(() => reject(error)));
    signal.addEventListener('abort', () => end(() => reject(signal.reason)), { once: true });
  });
}

/** Status SERVING of grpc.health.v1.HealthCheckResponse. */
const serving = 1;

/** grpc.health.v1.Health/Check over plain HTTP/2. */
function checkGrpc(host: string, { port, service }: { port: number; service: string }, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://${host}:${port}`);
    const end = (finish: () => void): void => {
      session.destroy();
      finish();
    };
    session.once('error', (error) => end(() => reject(error)));
    signal.addEventListener('abort', () => end(() => reject(signal.reason)), { once: true });
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let grpcStatus = '';
    let grpcMessage = '';
    const readTrailers = (headers: http2.IncomingHttpHeaders): void => {
      if (headers['grpc-status'] !== undefined) grpcStatus = String(headers['grpc-status']);
      if (headers['grpc-message'] !== undefined) grpcMessage = String(headers['grpc-message']);
    };
    stream.on('response', readTrailers);
    stream.on('trailers', readTrailers);
    stream.on('data', (bytes: Buffer) => chunks.push(bytes));
    stream.once('error', (error) => end(() => reject(error)));
    stream.once('end', () => {
      if (grpcStatus !== '0') return end(() => resolve(unhealthy(`gRPC status ${grpcStatus || 'missing'} ${grpcMessage}`.trim())));
      const status = servingStatusOf(Buffer.concat(chunks));
      return end(() => resolve(status === serving ? healthy : unhealthy(`service answers status ${status}, not SERVING`)));
    });
    stream.end(healthCheckRequest(service));
  });
}

/** One uncompressed message: HealthCheckRequest with field 1, the service's name. */
function healthCheckRequest(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127);
  const message = name.byteLength === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.byteLength]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

/** Field 1, a small enum, of HealthCheckResponse; 0 (UNKNOWN) when the message is empty. */
function servingStatusOf(frame: Buffer): number {
  return frame.byteLength >= 7 && frame[5] === 0x08 ? (frame[6] ?? 0) : 0;
}
