import type { JsonObject } from '@civitas/canon';

const DAY_MS = 86_400_000;
const FIRST_OF_OCTOBER_2026 = Date.UTC(2026, 9, 1) / DAY_MS;

/** Example rules of an invented city: they are law nowhere. Days count from 1970-01-01. */
const calendar: JsonObject = { holidays: Array.from({ length: 7 }, (_, day) => FIRST_OF_OCTOBER_2026 + day), workdays: [] };

/** Version of the serious-illness catalogue that the sample rulebooks name. */
export const CATALOGUE_VERSION = 7;

/** Version 1 of each ledger's rule set, and who makes it. */
export const SAMPLE_RULES: readonly { readonly network: string; readonly rulemaker: string; readonly values: JsonObject }[] = [
  { network: 'city', rulemaker: 'civil-affairs', values: { calendar, explainDays: 10, consentLifeMsMax: 90 * DAY_MS } },
  { network: 'health', rulemaker: 'hospital-1', values: { calendar, catalogueVersion: CATALOGUE_VERSION, viewDueMs: 3 * DAY_MS } },
  {
    network: 'housing',
    rulemaker: 'fund-centre',
    values: { calendar, catalogueVersion: CATALOGUE_VERSION, withdrawalCapFen: 20_000_000, withdrawalIntervalDays: 365, decisionDays: 3 },
  },
  { network: 'courts', rulemaker: 'court-1', values: { calendar } },
  {
    network: 'transport',
    rulemaker: 'traffic-police',
    values: { calendar, appealDays: 60, penaltyPercentMax: 400, receiptCode: '51010126' },
  },
];
