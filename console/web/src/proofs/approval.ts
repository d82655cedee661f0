import { type Bytes, base64urlDecode, coSignatureSignBytes, equalBytes, operationHash, parseOperation, type Sha256 } from '@civitas/canon';
import type { PreparedApproval } from '@civitas/console-contract';

/** The contract of the members of a network. */
const MEMBERS = 'network.members@v1';

export interface ApprovalClaim {
  readonly chainId: string;
  readonly agency: string;
  readonly proposal: string;
}

/**
 * What a person's key is to sign, made anew from the body that it stands for: a console that lies cannot have anything else signed than
 * the approval that the person sees.
 *
 * @returns The bytes to sign, or undefined when the body is not this approval.
 */
export function bytesToSign(
  sha256: Sha256,
  prepared: Pick<PreparedApproval, 'body' | 'coSignBytes'>,
  claim: ApprovalClaim,
): Bytes | undefined {
  const body = base64urlDecode(prepared.body);
  const offered = base64urlDecode(prepared.coSignBytes);
  if (body === undefined || offered === undefined) return undefined;
  const parsed = parseOperation(body);
  if (!parsed.ok) return undefined;
  const { network, organisation, contract, method, args } = parsed.value;
  const isThis =
    network === claim.chainId &&
    organisation === claim.agency &&
    method === 'approve' &&
    args['proposal'] === claim.proposal &&
    contract === MEMBERS;
  const bytes = coSignatureSignBytes(operationHash(sha256, body));
  return isThis && equalBytes(bytes, offered) ? bytes : undefined;
}
