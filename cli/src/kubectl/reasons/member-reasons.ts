import type { ReasonTexts } from './reason.ts';

export const MEMBER_REASONS: ReasonTexts = {};
