import type { JsonObject } from '@civitas/canon';
import { Type } from '@sinclair/typebox';
import { checkArgs } from '../../../check-args.ts';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Context, type Contract, done, method, type Outcome, view } from '../../../contract.ts';
import { envelopeOf, hasOwnCoSigner, repeatOf } from '../../../record.ts';
import { fields, integer, optional, UnixMs } from '../../../schema.ts';
import { ACTIVATIONS_MAX } from './limits.ts';
import { makers, ruleSets, versionId, versions } from './records.ts';
import { RULE_SCHEMAS, RuleSetCode } from './rule-values.ts';
import { rulesInForce } from './rules-in-force.ts';

const Version = integer(1, 1_000_000);
const Values = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { privacy: 'public' });

function noteMaker(ctx: Context): void {
  const { organisation } = ctx.caller;
  if (makers.find(ctx, organisation) === undefined) makers.put(ctx, organisation, { organisation });
}

const propose = method({
  summary: "Proposes the next version of this ledger's rules.",
  args: fields({ ruleSet: RuleSetCode, version: Version, values: Values }),
  roles: ['rulemaker'],
  refusals: ['RULE_UNMET', 'STATE', 'DUPLICATE'],
  events: ['RuleProposed'],
  run(ctx, args) {
    if (args.ruleSet !== ctx.domain) return no('RULE_UNMET', 'other-domain', { domain: ctx.domain });
    const checked = checkArgs(RULE_SCHEMAS[args.ruleSet], args.values);
    if (!checked.ok) return no('RULE_UNMET', 'values', checked.refusal.facts);
    const id = versionId(args.ruleSet, args.version);
    const envelope = envelopeOf(ctx, 'city.rulebook/version@v1', args as JsonObject);
    const existing = versions.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    if (args.version > 1 && versions.find(ctx, versionId(args.ruleSet, args.version - 1)) === undefined)
      return no('STATE', 'version-gap', { version: args.version });
    const { ruleSet, version } = args;
    versions.put(ctx, id, { ...envelope, ruleSet, version, status: 'proposed', values: checked.value as JsonObject, approvedBy: '' });
    noteMaker(ctx);
    ctx.emit('RuleProposed', { ruleSet, version });
    return done({ id });
  },
});

/** Another rulemaker organisation approves; where there is only one, a second person of it. */
function mayApprove(ctx: Context, proposer: string): Outcome | undefined {
  if (ctx.caller.organisation !== proposer) return undefined;
  if (ctx.state.scan('makers', { limit: 2 }).length > 1) return no('NOT_AUTHORISED', 'own-proposal', { proposer });
  return hasOwnCoSigner(ctx) ? undefined : no('NOT_AUTHORISED', 'two-persons', { proposer });
}

const approve = method({
  summary: 'Approves a proposed version: by another rulemaker, or by a second person where there is only one.',
  args: fields({ ruleSet: RuleSetCode, version: Version }),
  roles: ['rulemaker'],
  refusals: ['NOT_AUTHORISED', 'STATE'],
  events: ['RuleApproved'],
  run(ctx, args) {
    const id = versionId(args.ruleSet, args.version);
    const record = versions.find(ctx, id);
    if (record === undefined) return absent(id);
    if (record.status === 'approved') return done({ id, unchanged: true });
    noteMaker(ctx);
    const refusal = mayApprove(ctx, record.owner);
    if (refusal !== undefined) return refusal;
    versions.put(ctx, id, { ...record, status: 'approved', approvedBy: `${ctx.caller.organisation}:${ctx.caller.actor}` });
    ctx.emit('RuleApproved', { ruleSet: args.ruleSet, version: args.version });
    return done({ id });
  },
});

const activate = method({
  summary: 'Puts an approved version into force from a time that is not past.',
  args: fields({ ruleSet: RuleSetCode, version: Version, activeFromUnixMs: UnixMs }),
  roles: ['rulemaker'],
  refusals: ['STATE', 'RULE_UNMET', 'LIMIT'],
  events: ['RuleActivated'],
  run(ctx, args) {
    const { ruleSet, version } = args;
    const record = versions.find(ctx, versionId(ruleSet, version));
    if (record === undefined) return absent(versionId(ruleSet, version));
    if (record.status !== 'approved') return wrongState(versionId(ruleSet, version), record.status);
    const activations = ruleSets.find(ctx, ruleSet)?.activations ?? [];
    const last = activations.at(-1);
    if (last?.version === version) return done({ fromUnixMs: last.fromUnixMs, unchanged: true });
    const fromUnixMs = args.activeFromUnixMs === 0 ? ctx.timeUnixMs : args.activeFromUnixMs;
    if (fromUnixMs < ctx.timeUnixMs) return no('RULE_UNMET', 'retroactive', { nowUnixMs: ctx.timeUnixMs });
    if (last !== undefined && (version < last.version || fromUnixMs < last.fromUnixMs))
      return no('RULE_UNMET', 'before-last-activation', { lastVersion: last.version, lastFromUnixMs: last.fromUnixMs });
    if (activations.length >= ACTIVATIONS_MAX) return no('LIMIT', 'activations', { activationsMax: ACTIVATIONS_MAX });
    ruleSets.put(ctx, ruleSet, { ruleSet, activations: [...activations, { version, fromUnixMs }] });
    ctx.emit('RuleActivated', { ruleSet, version, fromUnixMs });
    return done({ fromUnixMs });
  },
});

const inForce = view({
  summary: 'The rules in force now or at a time.',
  args: fields({ ruleSet: RuleSetCode, atUnixMs: optional(UnixMs) }),
  roles: ['*'],
  run(ctx, args) {
    const found = rulesInForce(ctx, args.ruleSet, args.atUnixMs ?? ctx.timeUnixMs);
    return found === undefined ? absent(args.ruleSet) : done({ version: found.version, values: found.values as JsonObject });
  },
});

/** Rules as versioned data: proposed, approved by two, in force from a date; old versions stay replayable. */
export const rulebookV1: Contract = {
  name: 'city.rulebook',
  version: 'v1',
  summary: 'Rule sets of one ledger: proposed, approved by two, active from a date, never retroactively.',
  methods: { propose, approve, activate },
  views: { inForce },
  ports: {},
  collections: { versions: { readableBy: 'members' }, rules: { readableBy: 'members' }, makers: { readableBy: 'members' } },
};
