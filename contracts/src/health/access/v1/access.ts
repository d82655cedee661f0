import { Type } from '@sinclair/typebox';
import { type Contract, done, view } from '../../../contract.ts';
import { PAGE_RECORDS_MAX } from '../../../limits.ts';
import { fields, integer, optional } from '../../../schema.ts';
import { read, resendDigest } from './read.ts';
import { deny, received, release } from './release.ts';
import { requestPort } from './request-port.ts';
import { setPolicy } from './set-policy.ts';

const listWaiting = view({
  summary: "The calling custodian's waiting requests.",
  args: fields({
    after: optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,128}$', maxLength: 128, privacy: 'public' })),
    limit: optional(integer(1, PAGE_RECORDS_MAX)),
  }),
  roles: ['custodian'],
  run(ctx, args) {
    const limit = args.limit ?? PAGE_RECORDS_MAX;
    const prefix = `${ctx.caller.organisation}.`;
    const page = ctx.state.scan('waiting', { prefix, ...(args.after === undefined ? {} : { after: args.after }), limit });
    return done({ requests: page.map(({ record }) => record), next: page.length === limit ? (page.at(-1)?.id ?? null) : null });
  },
});

/** The gate of personal health data: policy, request, release, and a record of every access. */
export const accessV1: Contract = {
  name: 'health.access',
  version: 'v1',
  summary: 'Source policy, view requests from other ledgers, releases, and a record of every reading.',
  methods: { setPolicy, release, deny, received, read, resendDigest },
  views: { waiting: listWaiting },
  ports: { v1: requestPort },
  collections: {
    policies: { readableBy: 'members' },
    'policy-versions': { readableBy: 'members' },
    requests: { readableBy: ['custodian', 'requester', 'reviewer'] },
    records: { readableBy: ['custodian', 'requester', 'reviewer'] },
    waiting: { readableBy: 'views' },
    rates: { readableBy: 'views' },
    bills: { readableBy: 'views' },
  },
};
