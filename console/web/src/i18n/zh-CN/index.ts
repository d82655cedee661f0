import type { Messages } from '../en/index.ts';
import { agencies } from './agencies.ts';
import { cases } from './cases.ts';
import { conditions } from './conditions.ts';
import { frame } from './frame.ts';
import { networks } from './networks.ts';
import { packets } from './packets.ts';
import { reasons } from './reasons.ts';
import { records } from './records.ts';
import { status } from './status.ts';
import { words } from './words.ts';

/** Besides the keys of every language: sentences for reasons, which in English are the operator's own. */
export const zhCN: Messages = {
  ...frame,
  ...networks,
  ...agencies,
  ...cases,
  ...packets,
  ...records,
  ...status,
  ...words,
  ...conditions,
  ...reasons,
};
