import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELD_CODES, PROBLEM_CODES, ROLES, ROUTES, type Route } from '@civitas/console-contract';
import { describe, expect, test } from '@jest/globals';
import { CONDITIONS, REASON_TABLES } from '../../../../cli/src/kubectl/reasons/index.ts';
import { CODES } from '../../../../contracts/src/codes.ts';
import { ChangeSchema } from '../../../../node/src/core/members/change.ts';
import { MEMBERSHIP_PHASES } from '../../../../operator/src/core/plan/agency-membership-plan.ts';
import { BAD_NEWS } from '../pages/tones.ts';
import { en } from './en/index.ts';
import { zhCN } from './zh-CN/index.ts';
import { reasons } from './zh-CN/reasons.ts';

const placeholders = (text: string): readonly string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort();
const english: Readonly<Record<string, string>> = en;
const chinese: Readonly<Record<string, string>> = zhCN;
/** Names that are the same in every language, and examples of what is typed. */
const ALLOWED = /Civitas|CometBFT|Gi\b|hospital-3|jincheng-health-2|\{\{\w+\}\}/g;

describe('the words of the console', () => {
  test('are there in Chinese for every key, with the same facts', () => {
    for (const [key, text] of Object.entries(english)) expect([key, placeholders(chinese[key] ?? '')]).toEqual([key, placeholders(text)]);
  });

  test('are Chinese in Chinese', () => {
    const stray = Object.entries(chinese).filter(([, text]) => /[A-Za-z]{3,}/.test(text.replaceAll(ALLOWED, '')));
    expect(stray).toEqual([]);
  });

  test('are never empty', () => {
    expect(Object.entries({ ...chinese, ...english }).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  test('are there for each code that the API answers with, each role and each action that the audit log names', () => {
    const actions = Object.entries<Route>(ROUTES).filter(([, { method, stepUp }]) => method !== 'GET' || stepUp === true);
    const wanted = [
      ...PROBLEM_CODES.map((code) => `problem.${code}`),
      ...FIELD_CODES.map((code) => `problem.field.${code}`),
      ...ROLES.map((role) => `role.${role}`),
      ...actions.map(([name]) => `action.${name}`),
    ];
    expect(wanted.filter((key) => english[key] === undefined)).toEqual([]);
  });

  test('are there for each code that a domain refuses a packet with, and that a ledger itself answers one with', () => {
    const ofLedgers = ['ARGS_INVALID', 'CONTRACT_FAULT', 'PORT_NOT_ALLOWED', 'UNKNOWN_PORT', 'UNDONE'];
    expect([...Object.keys(CODES), ...ofLedgers].filter((code) => english[`refusal.${code}`] === undefined)).toEqual([]);
  });

  test('are there for each kind of change that members decide, and for no other', () => {
    const kinds = ChangeSchema.anyOf.map(({ properties }) => `proposal.${properties.kind.const}`);
    expect(
      Object.keys(english)
        .filter((key) => key.startsWith('proposal.'))
        .sort(),
    ).toEqual([...kinds].sort());
  });

  test('are there for each phase of a membership', () => {
    expect(Object.values(MEMBERSHIP_PHASES).filter((phase) => english[`phase.${phase}`] === undefined)).toEqual([]);
  });

  test('are there for each condition and each reason of the operator', () => {
    const types = Object.keys(CONDITIONS).map((type) => `condition.${type}`);
    // Codes in capitals are of backups, and stand in the message.
    const named = REASON_TABLES.flatMap((table) => Object.keys(table.reasons)).filter((reason) => /[a-z]/.test(reason));
    expect(types.filter((key) => english[key] === undefined)).toEqual([]);
    expect(named.filter((reason) => reasons[`reason.${reason}`] === undefined)).toEqual([]);
  });

  test('know which conditions are bad news', () => {
    const bad = Object.entries(CONDITIONS).flatMap(([type, { green }]) => (green === 'False' ? [type] : []));
    expect([...BAD_NEWS].sort()).toEqual(bad.sort());
  });

  test('are all used', () => {
    const folder = join(import.meta.dirname, '..');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (path) => /\.tsx?$/.test(path) && !path.startsWith('i18n'),
    );
    const text = sources.map((path) => readFileSync(join(folder, path), 'utf8')).join('\n');
    const made = [...text.matchAll(/`([\w.]+\.)\$\{/g)].map((match) => match[1] ?? '');
    const isUsed = (key: string): boolean => text.includes(`'${key}'`) || made.some((front) => key.startsWith(front));
    const byKind =
      /^(condition|phase|domain|engine|role|nodeRole|ledgerRole|organisation|client|proposal|action|problem|case[A-Z][a-z]+|ground|explanation|predicate|purpose|basis)\./;
    expect(Object.keys(english).filter((key) => !byKind.test(key) && !isUsed(key))).toEqual([]);
  });
});
