import { isJsonObject, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { certifyHeaders, type Header, receiptProofFromJson, verifyReceipt } from '@civitas/proofs';
import { fetchEvidenceNetwork } from '../evidence/evidence-network.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Refused } from '../fault.ts';
import { listProfiles } from '../profile/load-profile.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import { parseAnswer } from '../sdk/receipt.ts';
import type { CommandContext } from './context.ts';

type Answer = Awaited<ReturnType<LedgerClient['receipt']>>;

async function candidates(context: CommandContext, network: string | undefined): Promise<LedgerClient[]> {
  const parties = await context.parties();
  if (network !== undefined) return [context.as === undefined ? parties.anyLedger(network) : parties.ledger(context.as, network)];
  const names = new Set(listProfiles(context.home).flatMap((agency) => [...parties.profile(agency).networks.keys()]));
  return [...names].map((name) => parties.anyLedger(name));
}

async function findReceipt(clients: readonly LedgerClient[], hash: string): Promise<{ ledger: LedgerClient; answer: Answer }> {
  let last: unknown;
  for (const ledger of clients) {
    try {
      return { ledger, answer: await ledger.receipt(hash, { withProof: true }) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      last = error;
    }
  }
  throw last ?? new Error('no network to ask');
}

/** Why the receipt's proof does not hold; undefined when it does. */
async function findFlaw(ledger: LedgerClient, answer: Answer): Promise<string | undefined> {
  const json = parseCanonical(answer.proof);
  const proof = json.ok ? receiptProofFromJson(json.value) : json;
  if (!proof.ok) return proof.refusal.code;
  const network = { ...(await fetchEvidenceNetwork(ledger)), lightBlocks: [answer.lightBlock] };
  const headers = certifyHeaders(nodeCrypto, network);
  if (!headers.ok) return headers.refusal.code;
  const [header]: (Header | undefined)[] = [...headers.value.values()];
  if (header === undefined) return 'no header';
  const verified = verifyReceipt(nodeCrypto.sha256, { proof: proof.value, header });
  return verified.ok ? undefined : verified.refusal.code;
}

/** Shows what became of an operation, with its proof verified here. */
export async function receiptCommand(context: CommandContext, hash: string, options: { network?: string }): Promise<ExitCode> {
  const { terminal } = context;
  const { ledger, answer } = await findReceipt(await candidates(context, options.network), hash);
  const receipt = parseAnswer('receipt', answer.receipt);
  const flaw = await findFlaw(ledger, answer);
  terminal.line(JSON.stringify(receipt, undefined, 2));
  const height = isJsonObject(receipt) ? String(receipt['height']) : '?';
  terminal.line(flaw === undefined ? `proof verified here: block ${height} of ${ledger.chainId}` : `PROOF DOES NOT HOLD: ${flaw}`);
  terminal.result({ network: ledger.network, chainId: ledger.chainId, receipt, verified: flaw === undefined, flaw: flaw ?? null });
  return flaw === undefined ? EXIT.ok : EXIT.unverified;
}
