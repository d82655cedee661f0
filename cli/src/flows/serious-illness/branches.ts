import { base64urlEncode } from '@civitas/canon';
import { signEd25519 } from '@civitas/canon/node';
import type { CaseRun } from '../case-run.ts';
import { citizenSignBytes } from '../citizen-sign-bytes.ts';
import type { Branch, Flow } from '../flow.ts';
import { freshNonce } from '../person.ts';
import { viewRequestHashOf } from './consent-documents.ts';
import { SEATS, SeriousIllness, type Variation } from './serious-illness.ts';

async function started(run: CaseRun, variation?: Variation): Promise<SeriousIllness> {
  const member = new SeriousIllness(run, variation);
  await member.prepare();
  await member.apply();
  return member;
}

async function asked(run: CaseRun, variation?: Variation): Promise<SeriousIllness> {
  const member = await started(run, variation);
  await member.grant();
  await member.formRequest();
  await member.consume();
  await member.requestView();
  await member.arrive();
  return member;
}

async function answered(run: CaseRun, variation?: Variation): Promise<SeriousIllness> {
  const member = await asked(run, variation);
  await member.release();
  await member.collect();
  return member;
}

const happy: Branch = {
  name: 'happy',
  summary: 'the answer is yes, the reviewer approves, the bank pays, the citizen sees the access',
  async play(run) {
    const member = await answered(run);
    await member.attach();
    await member.decide('approve', ['proofs-complete']);
    await member.pay();
    await member.seeAccess();
  },
};

const withdrawn: Branch = {
  name: 'consent-withdrawn',
  summary: 'the citizen withdraws before the consent is consumed: nothing is asked, the application ends cleanly',
  async play(run) {
    const member = await started(run);
    await member.grant();
    await member.formRequest();
    await member.withdraw();
    const expected = { code: 'CONSENT_MISSING', reason: 'withdrawn' };
    await run.submitRefused('The fund centre tries to consume it all the same', SEATS.requester, member.consumeCall(), expected);
    await member.cancel();
  },
};

const spent: Branch = {
  name: 'consent-spent',
  summary: 'a single-use consent is consumed for a second request: refused',
  async play(run) {
    const member = await started(run);
    await member.grant();
    await member.formRequest();
    await member.consume();
    const other = viewRequestHashOf({ ...member.request, nonce: freshNonce() });
    const expected = { code: 'CONSENT_SPENT', reason: 'uses-used' };
    await run.submitRefused('A second request wants the same consent', SEATS.requester, member.consumeCall(other), expected);
  },
};

const organisationKey: Branch = {
  name: 'organisation-signs',
  summary: 'a consent signed with an organisation’s key instead of the citizen’s is refused',
  async play(run) {
    const member = await started(run);
    const profile = run.parties.profile('citizen-portal');
    const grant = { ...(await member.grantDocument()), keyId: profile.keyId };
    const signature = base64urlEncode(signEd25519(profile.operationKey, citizenSignBytes('consent', grant)));
    const call = { contract: 'city.consent@v1', method: 'grant', role: 'portal', args: { grant, signature } };
    await run.submitRefused('The portal signs in the citizen’s place', SEATS.portal, call, { code: 'NOT_AUTHORISED' });
    await member.cancel();
  },
};

const denied: Branch = {
  name: 'hospital-denies',
  summary: 'the hospital denies: the view ends denied and the consent is refunded on proof',
  async play(run) {
    const member = await asked(run);
    await member.deny();
    await member.refund();
    const expected = { code: 'CONSENT_SPENT' };
    await run.submitRefused('The refunded request hash stays dead', SEATS.requester, member.consumeCall(), expected);
    await member.cancel();
  },
};

const replayed: Branch = {
  name: 'replayed-proof',
  summary: 'the consume-proof is used for a second question: refused',
  async play(run) {
    const member = await asked(run);
    const again = await member.requestViewCall();
    await run.submitRefused('The fund centre asks again with yesterday’s proof', SEATS.centre, again, { code: 'DUPLICATE' });
    await member.release();
  },
};

const PAST_DUE_MS = 4_000;

const pastDue: Branch = {
  name: 'release-after-due',
  summary: 'the hospital is late: the release is refused, the view falls past due, the consent is refunded',
  async play(run) {
    const member = await asked(run, { answerWithinMs: PAST_DUE_MS });
    const subject = await member.resolvePatient();
    await member.viewBecomes('Nobody answers in time; the absence is proven to housing', ['past-due'], 120_000);
    const expected = { code: 'STATE', reason: 'past-due' };
    await run.submitRefused('The hospital releases too late', SEATS.hospital, member.releaseCall(subject), expected);
    await member.refund();
    await member.cancel();
  },
};

const answerNo: Branch = {
  name: 'answer-no',
  summary: 'the attested answer is no: the proof does not carry the application, the reviewer rejects',
  async play(run) {
    const member = await answered(run, { answer: false });
    const expected = { code: 'RULE_UNMET', reason: 'answer-no' };
    await run.submitRefused('The answer is attached', SEATS.centre, member.attachCall(), expected);
    await member.decide('reject', ['illness-not-in-catalogue']);
  },
};

const revoked: Branch = {
  name: 'attestation-revoked',
  summary: 'the hospital revokes its attestation after the payout: a claw-back case, never a silent edit',
  async play(run) {
    const member = await answered(run);
    await member.attach();
    await member.decide('approve', ['proofs-complete']);
    await member.pay();
    await run.submit('The hospital revokes its attestation', SEATS.hospital, {
      contract: 'health.attestation@v1',
      method: 'revoke',
      role: 'custodian',
      actor: 'clinician-1',
      args: { attestation: member.attestation, reason: 'entered-in-error' },
    });
    await run.waitFor({
      title: 'The revocation reaches housing',
      seat: SEATS.centre,
      key: `housing.withdrawal/applications/${member.application}`,
      until: (record) => record?.['status'] === 'claw-back',
      link: { source: 'health', destination: 'housing' },
    });
    await run.submit('The bank recovers the money', SEATS.bank, {
      contract: 'housing.withdrawal@v1',
      method: 'recover',
      role: 'bank',
      args: {
        application: member.application,
        amountFen: member.amountFen,
        bankReference: `recover-${member.application}`,
      },
    });
  },
};

/** X1 (reference/domains.md §4.7): housing asks health, with the citizen's consent, one question. */
export const seriousIllness: Flow = {
  name: 'serious-illness',
  summary: 'housing-fund withdrawal for serious illness: housing → city → health → housing',
  branches: [happy, withdrawn, spent, organisationKey, denied, replayed, pastDue, answerNo, revoked],
};
