import type { LedgerNetworkSpec } from '../resources/ledger-network.ts';

export type MaintenanceWindow = NonNullable<LedgerNetworkSpec['maintenanceWindows']>[number];

/** In the order of days since 1970, which began on a Thursday; names as in WEEK_DAYS. */
const FROM_EPOCH = ['Thursday', 'Friday', 'Saturday', 'Sunday', 'Monday', 'Tuesday', 'Wednesday'] as const;
const DAY_MINUTES = 1440;

/** Whether one of the windows is open; without any the time is always right. A window may end on the day after the one it opens on. */
export function isWindowOpen(windows: readonly MaintenanceWindow[], nowUnixMs: number): boolean {
  if (windows.length === 0) return true;
  const minute = Math.floor(nowUnixMs / 60_000);
  const today = Math.floor(minute / DAY_MINUTES);
  return windows.some(({ days, startUtc, durationMinutes }) => {
    const [hours, minutes] = startUtc.split(':').map(Number);
    const opensAt = (hours ?? 0) * 60 + (minutes ?? 0);
    return [today - 1, today].some((day) => {
      const name = FROM_EPOCH[((day % 7) + 7) % 7];
      if (days !== undefined && days.length > 0 && (name === undefined || !days.includes(name))) return false;
      const since = minute - (day * DAY_MINUTES + opensAt);
      return since >= 0 && since < durationMinutes;
    });
  });
}
