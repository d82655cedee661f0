import { type ReactNode, useEffect, useState } from 'react';
import { formatAgo, formatTime } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';

const TICK_MS = 15_000;

/** A time as it is, for machines too. */
export function TimeText({ at }: { readonly at: string | number }): ReactNode {
  const { language } = useWords();
  return <time dateTime={new Date(at).toISOString()}>{formatTime(language, at)}</time>;
}

/** How long ago a time is; keeps up with the clock. */
export function AgoText({ at }: { readonly at: string | number }): ReactNode {
  const { language } = useWords();
  const [nowUnixMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatTime(language, at)}>
      {formatAgo(language, at, Math.max(nowUnixMs, Date.now()))}
    </time>
  );
}
