import type { Static } from '@sinclair/typebox';
import { type Envelope, table } from '../../../record.ts';
import type { Document } from './document.ts';

export type DocumentRecord = Envelope &
  Static<typeof Document> & {
    readonly status: 'current' | 'superseded' | 'entered-in-error';
    /** Id of the document that took its place, or ''. */
    readonly supersededBy: string;
    /** Id of the document it takes the place of, or ''. */
    readonly supersedes: string;
    /** Code given with the correction, or ''. */
    readonly reason: string;
    /** Time of the correction, 0 while current. */
    readonly correctedUnixMs: number;
  };

export const documents = table<DocumentRecord>('documents');
