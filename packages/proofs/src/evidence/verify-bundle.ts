import {
  accept,
  type Bytes,
  base64urlEncode,
  type CryptoPort,
  commitmentOf,
  encodeCanonical,
  equalBytes,
  isJsonObject,
  type Json,
  keyIdOf,
  operationHash,
  parseCanonical,
  parseOperation,
  type Refused,
  type Result,
  utf8Encode,
  verifyOperationSignature,
} from '@civitas/canon';
import type { Header } from '../codec/header.ts';
import { unixMsOf } from '../codec/timestamp.ts';
import { parseReceipt } from '../receipt.ts';
import { verifyReceipt } from '../receipt-proof.ts';
import { verifyAbsence, verifyMembership } from '../tree/state-proof.ts';
import type { BundleReport, EvidenceBundle, EvidenceCheck, EvidenceItem, EvidenceNetwork, EvidenceOpening } from './bundle.ts';
import { parseEvidence } from './bundle-json.ts';
import { certifyHeaders, checkGenesis } from './certify-headers.ts';

type Headers = ReadonlyMap<number, Header>;

function verdict(check: EvidenceCheck['check'], about: string, failure: string | undefined, reason: string): EvidenceCheck {
  return { check, about, outcome: failure === undefined ? 'ok' : 'failed', reason: failure ?? reason };
}

function textOf({ refusal }: Refused): string {
  return `${refusal.code} ${JSON.stringify(refusal.facts)}`;
}

function checkNetwork(
  crypto: CryptoPort,
  network: EvidenceNetwork,
): { readonly checks: readonly EvidenceCheck[]; readonly headers: Headers } {
  const genesis = checkGenesis(crypto, network);
  const certified = certifyHeaders(crypto, network);
  const headers: Headers = certified.ok ? certified.value : new Map();
  const genesisCheck = verdict(
    'GENESIS',
    network.chainId,
    genesis.ok ? undefined : textOf(genesis),
    'validators stand in the genesis document',
  );
  const walked = `${headers.size} ${headers.size === 1 ? 'header' : 'headers'} certified from the first validators`;
  return {
    checks: [genesisCheck, verdict('HEADERS', network.chainId, certified.ok ? undefined : textOf(certified), walked)],
    headers,
  };
}

const CHECK_OF = { state: 'MEMBERSHIP', absence: 'ABSENCE', receipt: 'RECEIPT' } as const;

/** Why an item does not hold under its header, or undefined. */
function failureOf(crypto: CryptoPort, item: EvidenceItem, header: Header): string | undefined {
  if (item.kind === 'receipt') {
    const receipt = verifyReceipt(crypto.sha256, { proof: item.proof, header });
    return receipt.ok ? undefined : textOf(receipt);
  }
  const claim = { root: header.appHash, key: utf8Encode(item.key), proof: item.proof };
  const holds =
    item.kind === 'state'
      ? verifyMembership(crypto.sha256, { ...claim, value: encodeCanonical(item.value) })
      : verifyAbsence(crypto.sha256, claim);
  return holds ? undefined : 'the proof does not lead to the app hash of the header';
}

function checkItem(crypto: CryptoPort, item: EvidenceItem, header: Header | undefined): EvidenceCheck {
  if (header === undefined) return verdict(CHECK_OF[item.kind], item.title, `no certified header ${item.height} of ${item.network}`, '');
  const proven = `proven by header ${item.height} of ${item.network}, unix ms ${unixMsOf(header.time)}`;
  return verdict(CHECK_OF[item.kind], item.title, failureOf(crypto, item, header), proven);
}

/** Who did what: the body is the one whose hash the proven receipt names, so the ledger has checked its signature. */
function checkOperation(crypto: CryptoPort, item: EvidenceItem): EvidenceCheck[] {
  if (item.kind !== 'receipt' || item.operation === null) return [];
  const receipt = parseReceipt(item.proof.receipt);
  const operation = parseOperation(item.operation);
  const failed = (failure: string): EvidenceCheck[] => [verdict('OPERATION', item.title, failure, '')];
  if (!receipt.ok) return failed(textOf(receipt));
  if (!operation.ok) return failed(textOf(operation));
  if (!equalBytes(operationHash(crypto.sha256, item.operation), receipt.value.operation)) {
    return failed('the body is not of the operation that the receipt names');
  }
  const { organisation, role, contract, method, network } = operation.value;
  if (network !== item.network) return failed(`the operation was signed for ${network}`);
  const { outcome } = receipt.value;
  const ended = outcome.ok ? 'done' : `refused ${outcome.refusal.code}`;
  return [
    verdict(
      'OPERATION',
      item.title,
      undefined,
      `${organisation} as ${role} called ${contract} ${method} in block ${receipt.value.height}: ${ended}`,
    ),
  ];
}

/** The key that the body names signed it, alone or with others: shown without the ledger. */
function checkSignature(crypto: CryptoPort, item: EvidenceItem): EvidenceCheck[] {
  if (item.kind !== 'receipt' || item.signature === undefined) return [];
  const failed = (failure: string): EvidenceCheck[] => [verdict('SIGNATURE', item.title, failure, '')];
  if (item.operation === null) return failed('there is no body that it signs');
  const operation = parseOperation(item.operation);
  if (!operation.ok) return failed(textOf(operation));
  const { keyId, organisation } = operation.value;
  const { publicKey, shared } = item.signature;
  if (keyIdOf(crypto.sha256, publicKey) !== keyId) return failed('the key is not the one that the body names');
  const verified = verifyOperationSignature(crypto, { chainId: item.network, body: item.operation }, item.signature);
  const company = shared === undefined ? 'alone' : `as ${shared.index + 1} of ${shared.total}`;
  return [
    verdict('SIGNATURE', item.title, verified.ok ? undefined : textOf(verified), `signed ${company} by key ${keyId} of ${organisation}`),
  ];
}

function contentOf(item: EvidenceItem | undefined): Json | undefined {
  if (item?.kind === 'state') return item.value;
  if (item?.kind !== 'receipt') return undefined;
  const receipt = parseCanonical(item.proof.receipt);
  return receipt.ok ? receipt.value : undefined;
}

function memberAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let at = value;
  for (const step of path) {
    if (Array.isArray(at)) at = at[Number(step)];
    else at = isJsonObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }
  return at;
}

function checkOpening(crypto: CryptoPort, opening: EvidenceOpening, item: EvidenceItem | undefined): EvidenceCheck {
  const about = `${item?.title ?? 'no such item'}: ${opening.path.join('.')}`;
  const expected = base64urlEncode(commitmentOf(crypto.sha256, opening.salt, opening.value));
  const isRight = memberAt(contentOf(item), opening.path) === expected;
  return verdict('OPENING', about, isRight ? undefined : 'value and salt do not give the commitment', 'value and salt give the commitment');
}

function checkClaims({ claims }: EvidenceBundle, headers: readonly (Header | undefined)[]): EvidenceCheck[] {
  const late = headers.filter((header) => header === undefined || unixMsOf(header.time) > claims.unchangedSinceUnixMs).length;
  const failure = late === 0 ? undefined : `${late} items have no certified header of that time or earlier`;
  const since = `unix ms ${claims.unchangedSinceUnixMs}`;
  return [
    verdict('UNCHANGED_SINCE_DEPOSIT', since, failure, 'every item is certified by a header of that time or earlier'),
    {
      check: 'TRUE_WHEN_CAPTURED',
      about: `unix ms ${claims.capturedAtUnixMs}`,
      outcome: 'asserted',
      reason: `said by ${claims.capturedBy}; a ledger proves what was deposited, not that it was true`,
    },
  ];
}

function reportOf(crypto: CryptoPort, bundle: EvidenceBundle, isDigestRight: boolean): BundleReport {
  const walked = bundle.networks.map((network) => ({ network, ...checkNetwork(crypto, network) }));
  const headerOf = (item: EvidenceItem): Header | undefined =>
    walked.find(({ network }) => network.chainId === item.network)?.headers.get(item.height);
  const digest = isDigestRight ? undefined : 'the document was changed after it was written';
  const checks = [
    verdict('DIGEST', bundle.subject.id, digest, 'the document is as it was written'),
    ...walked.flatMap((network) => network.checks),
    ...bundle.items.flatMap((item) => [
      checkItem(crypto, item, headerOf(item)),
      ...checkOperation(crypto, item),
      ...checkSignature(crypto, item),
    ]),
    ...bundle.openings.map((opening) => checkOpening(crypto, opening, bundle.items[opening.item])),
    ...checkClaims(bundle, bundle.items.map(headerOf)),
  ];
  return {
    ok: checks.every(({ outcome }) => outcome !== 'failed'),
    subject: bundle.subject,
    networks: walked.map(({ network, headers }) => ({
      name: network.name,
      chainId: network.chainId,
      genesisHash: base64urlEncode(network.genesisHash),
      keyIds: network.validators.map(({ publicKey }) => keyIdOf(crypto.sha256, publicKey)),
      headerHeights: [...headers.keys()],
    })),
    checks,
  };
}

/**
 * Verifies an evidence bundle with nothing but its own bytes.
 *
 * @param bytes at most 16 MiB.
 * @returns the report of every check, failed ones too; refused (EVIDENCE_MALFORMED, JSON_*) only where the document cannot be read.
 */
export function verifyBundle(crypto: CryptoPort, bytes: Bytes): Result<BundleReport> {
  const read = parseEvidence(crypto.sha256, bytes);
  return read.ok ? accept(reportOf(crypto, read.value.bundle, read.value.isDigestRight)) : read;
}
