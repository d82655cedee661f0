import { type Static, type TObject, Type } from '@sinclair/typebox';
import { Fen, fields, integer, oneOf } from '../../../schema.ts';
import { CalendarSchema } from '../../../working-day.ts';

const DAY_MS = 86_400_000;
const CatalogueVersion = integer(1, 1_000_000);

/** What each domain's rule set holds; one rule set a ledger, named after its domain. */
export const CityRules = fields({
  calendar: CalendarSchema,
  /** Working days an agency has to explain a disputed access. */
  explainDays: integer(1, 100),
  /** Longest life of a consent, ms. */
  consentLifeMsMax: integer(60_000, 3_650 * DAY_MS),
});
export const HealthRules = fields({
  calendar: CalendarSchema,
  /** Newest serious-illness catalogue that may be attested. */
  catalogueVersion: CatalogueVersion,
  /** Time a custodian has to answer a view, ms. */
  viewDueMs: integer(1_000, 30 * DAY_MS),
});
export const HousingRules = fields({
  calendar: CalendarSchema,
  /** Catalogue that applications of reason 09 are pinned to. */
  catalogueVersion: CatalogueVersion,
  withdrawalCapFen: Fen,
  /** Days between two payouts for one reason. */
  withdrawalIntervalDays: integer(0, 3_650),
  /** Working days to decide once the proofs are complete (national regulation art. 25: 3). */
  decisionDays: integer(1, 100),
});
export const CourtsRules = fields({ calendar: CalendarSchema });
export const TransportRules = fields({
  calendar: CalendarSchema,
  /** Working days from notification to appeal. */
  appealDays: integer(1, 400),
  /** Highest total after a late penalty, percent of the fine as created. */
  penaltyPercentMax: integer(100, 1_000),
  /** First part of an electronic receipt's number: region, class, kind, year; 2 digits each. */
  receiptCode: Type.String({ pattern: '^[0-9]{8}$', maxLength: 8, privacy: 'public' }),
});

export const RULE_SETS = ['city', 'health', 'housing', 'courts', 'transport'] as const;
export type RuleSetName = (typeof RULE_SETS)[number];
export const RuleSetCode = oneOf(...RULE_SETS);

export type RuleValues = {
  city: Static<typeof CityRules>;
  health: Static<typeof HealthRules>;
  housing: Static<typeof HousingRules>;
  courts: Static<typeof CourtsRules>;
  transport: Static<typeof TransportRules>;
};

/** Schema of a rule set's values. */
export const RULE_SCHEMAS: Readonly<Record<RuleSetName, TObject>> = {
  city: CityRules,
  health: HealthRules,
  housing: HousingRules,
  courts: CourtsRules,
  transport: TransportRules,
};
