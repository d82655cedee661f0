import type { ReasonTexts } from './reason.ts';

export const BACKUP_REASONS: ReasonTexts = {};
