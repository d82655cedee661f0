import { done, method } from '../../../contract.ts';
import { ANSWER_WAIT_MS_MAX } from '../../../limits.ts';
import { PredicateCode, PurposeCode } from '../../../purpose.ts';
import { envelopeOf } from '../../../record.ts';
import { Bool, fields, integer, Name, oneOf } from '../../../schema.ts';
import { DELAY_MS_MAX, RATE_PER_DAY_MAX } from './limits.ts';
import { policies, policyId, policyVersions } from './records.ts';

/** Answers may be as old as this at most, ms: ten years, an attestation's outer bound. */
const ANSWER_AGE_MS_MAX = ANSWER_WAIT_MS_MAX * 122;

export const setPolicy = method({
  summary: 'Sets who may ask which predicate for which purpose; each setting is a new version.',
  args: fields({
    callerNetwork: Name,
    callerOrganisation: Name,
    callerContract: Name,
    predicate: PredicateCode,
    purpose: PurposeCode,
    consent: oneOf('required', 'none'),
    ratePerDay: integer(1, RATE_PER_DAY_MAX),
    answerAgeMsMax: integer(1, ANSWER_AGE_MS_MAX),
    disclosure: oneOf('immediate', 'delayed'),
    delayMs: integer(0, DELAY_MS_MAX),
    enabled: Bool,
  }),
  roles: ['reviewer'],
  byDecision: true,
  refusals: [],
  events: ['PolicySet'],
  run(ctx, args) {
    const id = policyId(args);
    const envelope = envelopeOf(ctx, 'health.access/policy@v1', args);
    const existing = policies.find(ctx, id);
    if (existing?.argsHash === envelope.argsHash) return done({ id, policyVersion: existing.policyVersion, unchanged: true });
    const policyVersion = (existing?.policyVersion ?? 0) + 1;
    const policy = { ...envelope, ...args, policyVersion };
    policies.put(ctx, id, policy);
    policyVersions.put(ctx, `${id}@${policyVersion}`, policy);
    ctx.emit('PolicySet', { policy: id, policyVersion, enabled: args.enabled });
    return done({ id, policyVersion });
  },
});
