import type { CaseRule } from './case-rule.ts';
import { housingWithdrawal } from './housing-withdrawal.ts';
import { illnessAttestation } from './illness-attestation.ts';
import { trafficFine } from './traffic-fine.ts';

/** Every kind of case there is: one a domain. */
export const CASES: readonly CaseRule[] = [trafficFine, illnessAttestation, housingWithdrawal];
