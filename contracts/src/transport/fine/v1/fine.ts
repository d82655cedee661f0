import type { Contract } from '../../../contract.ts';
import { appealToJudge, prefectureMethods } from './appeal.ts';
import { addPenalty, create, notify, send, sendToCollection } from './notice.ts';
import { pay, refund, resendReceipt, retryReversal } from './pay.ts';
import { rulingPort } from './ruling-port.ts';

/** A fine's life: notices, penalty, payments, receipt, appeals, collection, refund. */
export const fineV1: Contract = {
  name: 'transport.fine',
  version: 'v1',
  summary: 'Fines from creation to payment, collection or ruling; one receipt a payment in full, reversed with a refund.',
  methods: {
    create,
    send,
    notify,
    addPenalty,
    pay,
    ...prefectureMethods,
    appealToJudge,
    sendToCollection,
    refund,
    resendReceipt,
    retryReversal,
  },
  views: {},
  ports: { v1: rulingPort },
  collections: {
    fines: { readableBy: ['police', 'bank', 'portal'] },
    payments: { readableBy: ['police', 'bank'] },
    counters: { readableBy: ['police'] },
  },
};
