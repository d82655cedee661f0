import { type Bytes, hexEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { addressOf } from '@civitas/proofs';
import type { AdminServiceStatusResponse } from '@civitas/proto/civitas/node/v1/admin';
import { NEWEST_PROTOCOL } from '../../core/protocol/rules.ts';
import type { LedgerStatus } from '../ledger/ledger-host.ts';

type ProtocolFields = Pick<
  AdminServiceStatusResponse,
  'protocolVersion' | 'newestProtocolVersion' | 'nextProtocolVersion' | 'nextProtocolHeight' | 'proposing'
>;

/**
 * What a status says of the rules that blocks are executed by, and whether it is this node's turn to propose one.
 *
 * Before its birth a node says what its chain may be born with: releases that know no genesis with a version say 0 there.
 *
 * @param status undefined before there is a ledger; @param publicKey consensus key of the node.
 */
export function protocolFields(status: Pick<LedgerStatus, 'protocol' | 'proposer'> | undefined, publicKey: Bytes): ProtocolFields {
  const { version = NEWEST_PROTOCOL, next, newestVersion = NEWEST_PROTOCOL } = status?.protocol ?? {};
  return {
    protocolVersion: version,
    newestProtocolVersion: newestVersion,
    nextProtocolVersion: next?.version ?? 0,
    nextProtocolHeight: BigInt(next?.height ?? 0),
    proposing: status !== undefined && status.proposer === hexEncode(addressOf(nodeCrypto.sha256, publicKey)),
  };
}
