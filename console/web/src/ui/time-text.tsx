import { type ReactNode, useEffect, useState } from 'react';
import { formatAgo, formatDuration, formatTime } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';

const TICK_MS = 15_000;
const SECOND_MS = 1000;

/** A time as it is, for machines too. */
export function TimeText({ at }: { readonly at: string | number }): ReactNode {
  const { language } = useWords();
  return (
    <time className="civitas-time" dateTime={new Date(at).toISOString()}>
      {formatTime(language, at)}
    </time>
  );
}

/** The time of this machine, as of a moment ago. */
function useNow(tickMs: number): number {
  const [nowUnixMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, [tickMs]);
  return Math.max(nowUnixMs, Date.now());
}

/** How long ago a time is; keeps up with the clock. */
export function AgoText({ at }: { readonly at: string | number }): ReactNode {
  const { language } = useWords();
  const nowUnixMs = useNow(TICK_MS);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatTime(language, at)}>
      {formatAgo(language, at, nowUnixMs)}
    </time>
  );
}

/** How long something has lasted; keeps up with the clock. */
export function AgeText({ since }: { readonly since: number }): ReactNode {
  const { language } = useWords();
  const nowUnixMs = useNow(SECOND_MS);
  return <time title={formatTime(language, since)}>{formatDuration(language, Math.max(0, nowUnixMs - since))}</time>;
}
