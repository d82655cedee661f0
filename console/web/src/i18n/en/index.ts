import { agencies } from './agencies.ts';
import { cases } from './cases.ts';
import { conditions } from './conditions.ts';
import { frame } from './frame.ts';
import { networks } from './networks.ts';
import { packets } from './packets.ts';
import { records } from './records.ts';
import { status } from './status.ts';
import { words } from './words.ts';

/** The source of every key: other languages have the same ones, or do not compile. */
export const en = { ...frame, ...networks, ...agencies, ...cases, ...packets, ...records, ...status, ...words, ...conditions };
export type Messages = Readonly<Record<keyof typeof en, string>>;
