import type { Contract } from '../../../contract.ts';
import { apply, cancel } from './apply.ts';
import { attachView } from './attach-view.ts';
import { decide } from './decide.ts';
import { clawBack, pay, recover } from './pay.ts';
import { requestView } from './request-view.ts';
import { viewPort } from './view-port.ts';

/** Withdrawals from a housing-fund account; reason 09 is proven by one predicate of the health ledger. */
export const withdrawalV1: Contract = {
  name: 'housing.withdrawal',
  version: 'v1',
  summary: 'Withdrawal for serious illness: application, proof by a predicate view, decision, payout, claw-back.',
  methods: { apply, cancel, requestView, attachView, decide, pay, clawBack, recover },
  views: {},
  ports: { v1: viewPort },
  collections: {
    applications: { readableBy: ['centre', 'bank', 'portal'] },
    views: { readableBy: ['centre', 'portal'] },
    open: { readableBy: 'views' },
    'last-paid': { readableBy: 'views' },
    bills: { readableBy: 'views' },
    payments: { readableBy: ['centre', 'bank'] },
  },
};
