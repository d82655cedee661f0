import { type Envelope, type HistoryLine, table } from '../../../record.ts';

export type Violation = Envelope & {
  readonly capturedUnixMs: number;
  readonly device: string;
  readonly calibratedUntilUnixMs: number;
  /** Pseudonymous id of the vehicle; plates stand in the vault. */
  readonly vehicle: string;
  readonly vehicleClass: string;
  readonly article: number;
  /** Commitment of the photo's digest. */
  readonly evidence: string;
  readonly status: 'recorded' | 'confirmed' | 'waived' | 'void';
  readonly reviewedBy: string;
  readonly history: readonly HistoryLine[];
};

export const violations = table<Violation>('violations');
