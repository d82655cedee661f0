import { beforeEach, describe, expect, test } from '@jest/globals';
import { ApiError } from './api-error.ts';
import { createLeaderElector, type LeaderElectorOptions } from './leader-election.ts';
import type { KubeObject, ObjectBody } from './resource.ts';
import { createManualClock, type ManualClock } from './testing/manual-clock.ts';

/** One Lease with optimistic writes; `broken` makes every call fail, `hung` makes it never answer. */
function aLeaseServer() {
  let lease: KubeObject | undefined;
  let version = 0;
  const server = {
    broken: false,
    hung: false,
    /** Calls wait for it before they are answered. */
    slow: undefined as Promise<void> | undefined,
    reads: 0,
    remove: () => {
      lease = undefined;
    },
    holder: () => (lease as { spec?: { holderIdentity?: string } } | undefined)?.spec?.holderIdentity,
  };
  const gate = (signal?: AbortSignal): Promise<void> => {
    if (server.broken) return Promise.reject(new ApiError({ status: 500, reason: 'InternalError', message: 'injected' }));
    if (!server.hung) return server.slow ?? Promise.resolve();
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
  };
  const write = (body: ObjectBody): KubeObject => {
    const metadata = { name: 'l', namespace: 'n', uid: 'u', creationTimestamp: '', resourceVersion: String(++version) };
    lease = { ...body, metadata };
    return lease;
  };
  const conflict = (reason: string) => new ApiError({ status: 409, reason, message: reason });
  const client = {
    async find(_: unknown, __: unknown, options?: { signal?: AbortSignal }) {
      await gate(options?.signal);
      server.reads++;
      return lease;
    },
    async create(_: unknown, body: ObjectBody, options?: { signal?: AbortSignal }) {
      await gate(options?.signal);
      if (lease !== undefined) throw conflict('AlreadyExists');
      return write(body);
    },
    async update(_: unknown, body: ObjectBody, options?: { signal?: AbortSignal }) {
      await gate(options?.signal);
      if (lease === undefined) throw new ApiError({ status: 404, reason: 'NotFound', message: 'gone' });
      if (body.metadata.resourceVersion !== lease?.metadata.resourceVersion) throw conflict('Conflict');
      return write(body);
    },
  } as LeaderElectorOptions['client'];
  return { server, client };
}

describe('leader election', () => {
  let clock: ManualClock;
  let server: ReturnType<typeof aLeaseServer>['server'];
  let client: LeaderElectorOptions['client'];
  beforeEach(() => {
    clock = createManualClock();
    ({ server, client } = aLeaseServer());
  });

  const anElector = (identity: string) => {
    const reigns: AbortSignal[] = [];
    const reasons: string[] = [];
    const elector = createLeaderElector({
      client,
      namespace: 'n',
      name: 'l',
      identity,
      clock,
      random: () => 0.5,
      onStartedLeading: (signal) => void reigns.push(signal),
      onStoppedLeading: (reason) => void reasons.push(reason),
    });
    return { elector, reigns, reasons };
  };

  const stop = async (elector: { stop(): Promise<void> }): Promise<void> => {
    const stopped = elector.stop();
    await clock.advance(0);
    await stopped;
  };

  test('the first takes the Lease, the second waits, and takes it soon after it is given back', async () => {
    const first = anElector('first');
    const second = anElector('second');
    first.elector.start();
    await clock.advance(100);
    second.elector.start();
    await clock.advance(60_000);
    expect([first.elector.isLeader(), second.elector.isLeader()]).toEqual([true, false]);
    expect(second.elector.holder()).toBe('first');
    await stop(first.elector);
    expect(first.reigns[0]?.aborted).toBe(true);
    await clock.advance(5_000);
    expect(second.elector.isLeader()).toBe(true);
    await stop(second.elector);
  });

  test('a leader that died is followed after its lease duration, not before', async () => {
    const spec = { holderIdentity: 'dead', leaseDurationSeconds: 15, leaseTransitions: 4 };
    await client.create({} as never, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec });
    const { elector } = anElector('second');
    elector.start();
    await clock.advance(14_000);
    expect(elector.isLeader()).toBe(false);
    await clock.advance(4_000);
    expect(elector.isLeader()).toBe(true);
    expect(await client.find({} as never, { name: 'l' })).toMatchObject({ spec: { holderIdentity: 'second', leaseTransitions: 5 } });
    await stop(elector);
  });

  test('a leader that cannot renew steps down before another may take over', async () => {
    const { elector, reigns, reasons } = anElector('first');
    elector.start();
    await clock.advance(4_000);
    server.broken = true;
    await clock.advance(9_000);
    expect(elector.isLeader()).toBe(true);
    await clock.advance(3_000);
    expect(elector.isLeader()).toBe(false);
    expect(reigns[0]?.aborted).toBe(true);
    expect(reasons[0]).toContain('not renewed');
    server.broken = false;
    await clock.advance(5_000);
    expect(elector.isLeader()).toBe(true);
    await stop(elector);
  });

  test('a renewal that never answers ends the reign in time', async () => {
    const { elector, reigns } = anElector('first');
    elector.start();
    await clock.advance(4_000);
    server.hung = true;
    await clock.advance(14_000);
    expect(reigns[0]?.aborted).toBe(true);
    expect(elector.isLeader()).toBe(false);
    server.hung = false;
    await stop(elector);
  });

  test('a renewal that is answered after the deadline ends the reign, and the next one begins', async () => {
    const { elector, reigns, reasons } = anElector('first');
    elector.start();
    await clock.advance(2_100);
    let answer = (): void => {};
    server.slow = new Promise((resolve) => {
      answer = resolve;
    });
    // The renewal begins two seconds after the last one, and is answered before it is given up: the deadline is between the two.
    await clock.advance(11_000);
    expect(elector.isLeader()).toBe(false);
    answer();
    server.slow = undefined;
    await clock.advance(10_000);
    expect(reasons).toEqual(['the Lease was not renewed in time']);
    expect([reigns.map(({ aborted }) => aborted), elector.isLeader()]).toEqual([[true, false], true]);
    await stop(elector);
  });

  test('an event loop that stalls for a third of the renew deadline ends the reign', async () => {
    const { elector, reasons } = anElector('first');
    elector.start();
    await clock.advance(1_000);
    clock.stall(6_000);
    await clock.advance(0);
    await clock.advance(0);
    expect(reasons[0]).toMatch(/^the event loop stalled for \d+ ms, more than 3333 ms$/);
    expect(server.holder()).toBe('');
    await stop(elector);
  });

  test.each([
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ])('a wall clock set %s by an hour ends no reign and hands the Lease to nobody else', async (_, ms) => {
    const first = anElector('first');
    const second = anElector('second');
    first.elector.start();
    await clock.advance(100);
    second.elector.start();
    await clock.advance(4_000);
    clock.jump(ms);
    await clock.advance(30_000);
    expect([first.elector.isLeader(), second.elector.isLeader()]).toEqual([true, false]);
    expect([first.reigns.length, second.reigns.length]).toEqual([1, 0]);
    await stop(second.elector);
    await stop(first.elector);
  });

  test('a wall clock set back does not keep a leader that cannot renew', async () => {
    const { elector, reigns } = anElector('first');
    elector.start();
    await clock.advance(4_000);
    server.broken = true;
    clock.jump(-3_600_000);
    await clock.advance(12_000);
    expect(elector.isLeader()).toBe(false);
    expect(reigns[0]?.aborted).toBe(true);
    server.broken = false;
    await stop(elector);
  });

  test('a leader renews without reading, and reads when its Lease is not what it wrote', async () => {
    const { elector, reigns } = anElector('first');
    elector.start();
    await clock.advance(100);
    const reads = server.reads;
    await clock.advance(60_000);
    expect(server.reads).toBe(reads);
    server.remove();
    await clock.advance(2_500);
    expect([elector.isLeader(), server.holder(), server.reads]).toEqual([true, 'first', reads + 1]);
    expect(reigns).toHaveLength(1);
    await stop(elector);
  });

  test('a Lease taken by another ends the reign', async () => {
    const { elector, reasons } = anElector('first');
    elector.start();
    await clock.advance(100);
    const current = await client.find({} as never, { name: 'l' });
    await client.update({} as never, { ...(current as KubeObject), spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 } });
    await clock.advance(2_500);
    expect(reasons).toEqual(['the Lease is held by thief']);
    await stop(elector);
  });
});
