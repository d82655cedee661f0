import { type Refusal, type Result, refuse } from '@civitas/canon';
import type { PeerIdentity } from '@civitas/deployment';
import { errorFields, type Instruments, type Logger, type nodeMetrics } from '@civitas/telemetry';
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { TokenBuckets } from '../admission/token-bucket.ts';
import type { Members } from '../ledger/ledger-host.ts';
import { DEADLINE_DEFAULT_MS, DEADLINE_MS_MAX, STREAMS_PER_ORGANISATION_MAX } from './limits.ts';
import { type CallWithPeer, PeerCache } from './peer-cache.ts';
import { rpcErrorOf } from './rpc-error.ts';

export type ServiceName = (typeof nodeMetrics)['rpcRequests']['labels']['service'][number];

/** What every call passes before its handler sees it. */
export interface GuardOptions {
  readonly chainId: string;
  /** Undefined before genesis. */
  readonly members: () => Members | undefined;
  readonly calls: TokenBuckets;
  readonly metrics: Pick<Instruments<typeof nodeMetrics>, 'rpcRequests' | 'rpcSeconds' | 'rpcThrottled'>;
  readonly log: Logger;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
}

export interface ServiceRule {
  readonly service: ServiceName;
  /** Which certificates the service is for at all. */
  readonly accepts: (peer: PeerIdentity) => boolean;
  /** Whether the organisation must be in the ledger's membership too; false only for the operator's own listener. */
  readonly membership: boolean;
}

interface CallWithDeadline {
  getDeadline(): Date | number;
}

/** Checks who calls, whether they may now, and for how long; turns refusals into statuses and faults into a bare one. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #streams = new Map<string, number>();
  readonly #peers = new PeerCache();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** The identity behind a call, or why it is none here. */
  check(call: CallWithPeer, rule: ServiceRule): Result<PeerIdentity> {
    const peer = this.#peers.findIdentity(call);
    if (peer === undefined || peer.network !== this.#options.chainId) {
      return refuse('UNAUTHENTICATED', { expected: `a certificate of ${this.#options.chainId}` });
    }
    if (!rule.accepts(peer)) return refuse('NOT_AUTHORISED', { organisation: peer.organisation, kind: peer.kind, service: rule.service });
    if (rule.membership) {
      const members = this.#options.members();
      if (members === undefined) return refuse('AWAITING_GENESIS', {}, 'retry');
      if (members.findOrganisation(peer.organisation) === undefined) {
        return refuse('NOT_AUTHORISED', { organisation: peer.organisation, expected: 'an enrolled organisation' });
      }
    }
    const retryAfterMs = this.#options.calls.take(peer.organisation);
    if (retryAfterMs === 0) return { ok: true, value: peer };
    this.#options.metrics.rpcThrottled.inc({ limit: 'calls' });
    return refuse('RATE_LIMITED', { retryAfterMs }, 'retry');
  }

  unary<Request, Response>(
    rule: ServiceRule,
    handler: (request: Request, peer: PeerIdentity) => Result<Response> | Promise<Result<Response>>,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      const startedMs = this.#options.nowMs();
      const checked = this.check(call, rule);
      const answer = checked.ok ? this.withDeadline(call, () => handler(call.request, checked.value)) : Promise.resolve(checked);
      answer
        .catch((error: unknown) => this.#fault(rule, error))
        .then((result) => {
          this.#count(rule, result);
          this.#options.metrics.rpcSeconds.observe({ service: rule.service }, (this.#options.nowMs() - startedMs) / 1000);
          if (result.ok) callback(null, result.value);
          else callback(rpcErrorOf(result.refusal));
        })
        .catch((error: unknown) => this.#options.log.error('rpc-answer-failed', errorFields(error)));
    };
  }

  serverStream<Request, Response>(
    rule: ServiceRule,
    handler: (call: ServerWritableStream<Request, Response>, peer: PeerIdentity) => Promise<Result<true>>,
  ): handleServerStreamingCall<Request, Response> {
    return (call) => this.#stream(rule, call, (peer) => handler(call, peer));
  }

  duplex<Request, Response>(
    rule: ServiceRule,
    handler: (call: ServerDuplexStream<Request, Response>, peer: PeerIdentity) => Promise<Result<true>>,
  ): handleBidiStreamingCall<Request, Response> {
    return (call) => this.#stream(rule, call, (peer) => handler(call, peer));
  }

  #stream(
    rule: ServiceRule,
    call: CallWithPeer & { end(): void; emit(event: 'error', error: object): boolean },
    handler: (peer: PeerIdentity) => Promise<Result<true>>,
  ): void {
    const finish = (result: Result<true>): void => {
      this.#count(rule, result);
      if (result.ok) call.end();
      else call.emit('error', rpcErrorOf(result.refusal));
    };
    const checked = this.check(call, rule);
    if (!checked.ok) return finish(checked);
    const { organisation } = checked.value;
    const open = this.#streams.get(organisation) ?? 0;
    if (open >= STREAMS_PER_ORGANISATION_MAX) {
      this.#options.metrics.rpcThrottled.inc({ limit: 'streams' });
      return finish(refuse('STREAMS_TOO_MANY', { open, openMax: STREAMS_PER_ORGANISATION_MAX, retryAfterMs: 1000 }, 'retry'));
    }
    this.#streams.set(organisation, open + 1);
    handler(checked.value)
      .catch((error: unknown) => this.#fault(rule, error))
      .then(finish)
      .catch((error: unknown) => this.#options.log.error('rpc-answer-failed', errorFields(error)))
      .finally(() => this.#streams.set(organisation, (this.#streams.get(organisation) ?? 1) - 1));
  }

  /** What a call may still take: its own deadline within ours, or the default. */
  deadlineMsOf(call: CallWithDeadline): number {
    const asked = Number(call.getDeadline()) - Date.now();
    return Number.isFinite(asked) ? Math.min(Math.max(asked, 0), DEADLINE_MS_MAX) : DEADLINE_DEFAULT_MS;
  }

  /** The handler's answer, or DEADLINE when it comes too late; what it began goes on. */
  async withDeadline<Response>(
    call: CallWithDeadline,
    handle: () => Result<Response> | Promise<Result<Response>>,
  ): Promise<Result<Response>> {
    const deadlineMs = this.deadlineMsOf(call);
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<Result<Response>>((resolve) => {
      timer = setTimeout(() => resolve(refuse('DEADLINE', { deadlineMs: Math.round(deadlineMs) }, 'retry')), deadlineMs);
    });
    try {
      return await Promise.race([handle(), expired]);
    } finally {
      clearTimeout(timer);
    }
  }

  #fault(rule: ServiceRule, error: unknown): { ok: false; refusal: Refusal } {
    this.#options.log.error('rpc-fault', { service: rule.service, ...errorFields(error) });
    return refuse('FAULT', {}, 'retry');
  }

  #count(rule: ServiceRule, result: Result<unknown>): void {
    const kind = result.ok ? 'ok' : result.refusal.code === 'FAULT' ? 'fault' : 'refused';
    this.#options.metrics.rpcRequests.inc({ service: rule.service, result: kind });
  }
}
