import type { ReasonTexts } from './reason.ts';

export const OPERATION_REASONS: ReasonTexts = {};
