import type { NetworkFigures } from '@civitas/console-contract';
import type { consoleMetrics, nodeMetrics } from '@civitas/telemetry';
import { readExposition, type ToldSeries } from './exposition.ts';

export type Sample = NetworkFigures['samples'][number];

type FamilyName = (typeof nodeMetrics)[keyof typeof nodeMetrics]['name'] | (typeof consoleMetrics)['requests']['name'];

/** Totals of the sample before, from which rates are made. */
export interface Totals {
  readonly atUnixMs: number;
  readonly operations: number;
  readonly commitSeconds: number;
  readonly commits: number;
}

const MS = 1000;

/** What a node told at a moment, in the units of the page. @returns undefined when it is no node that speaks. */
export function sampleOf(text: string, atUnixMs: number, before: Totals | undefined): { sample: Sample; totals: Totals } | undefined {
  const told = readExposition(text);
  const heights = valuesOf(told, 'civitas_block_height');
  if (heights.length === 0) return undefined;
  const totals: Totals = {
    atUnixMs,
    operations: sum(valuesOf(told, 'civitas_operations_total')),
    commitSeconds: sum(told.filter(({ name }) => name === 'civitas_operation_commit_seconds_sum').map(({ value }) => value)),
    commits: sum(told.filter(({ name }) => name === 'civitas_operation_commit_seconds_count').map(({ value }) => value)),
  };
  const blockAtMs = Math.max(...valuesOf(told, 'civitas_block_timestamp_seconds'), 0) * MS;
  const size = sum(valuesOf(told, 'civitas_volume_size_bytes'));
  const sample: Sample = {
    atUnixMs,
    height: Math.max(...heights),
    blockAgeMs: blockAtMs === 0 ? 0 : Math.max(0, Math.round(atUnixMs - blockAtMs)),
    operationsPerMinute: perMinute(totals, before),
    waiting: sum(valuesOf(told, 'civitas_admission_queue_operations')),
    oldestPacketMs: Math.round(Math.max(...valuesOf(told, 'civitas_link_oldest_packet_age_seconds'), 0) * MS),
    ...(size === 0 ? {} : { volumeUsedPercent: Math.round(100 - (100 * sum(valuesOf(told, 'civitas_volume_free_bytes'))) / size) }),
    ...meanCommit(totals, before),
  };
  return { sample, totals };
}

function valuesOf(told: readonly ToldSeries[], family: FamilyName): number[] {
  return told.filter(({ name }) => name === family).map(({ value }) => value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A counter that fell began anew: its process did. */
function perMinute(now: Totals, before: Totals | undefined): number {
  if (before === undefined || now.atUnixMs <= before.atUnixMs) return 0;
  const grown = now.operations >= before.operations ? now.operations - before.operations : now.operations;
  return Math.round((grown * 60 * MS) / (now.atUnixMs - before.atUnixMs));
}

function meanCommit(now: Totals, before: Totals | undefined): { readonly commitMs?: number } {
  if (before === undefined || now.commits <= before.commits) return {};
  return { commitMs: Math.max(0, Math.round(((now.commitSeconds - before.commitSeconds) * MS) / (now.commits - before.commits))) };
}
