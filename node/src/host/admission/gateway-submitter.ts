import {
  assertParsed,
  operationHash,
  operationSignBytes,
  type Result,
  SHARED_BATCH_BYTES_MAX,
  SHARED_OPERATIONS_MAX,
  sharedBatchOf,
  sharedSignBytes,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { StoredReceipt } from '../ledger/ledger-host.ts';
import type { Admission } from './admission.ts';
import { type GatewayOperation, prepareGatewayOperation, type UnsignedOperation } from './gateway-operation.ts';
import { encodedBodyBytesOf } from './read-operation.ts';

/** Whose operations one key of this process signs, and for which network. */
export interface GatewaySubmitterOptions extends Pick<GatewayOperation, 'chainId' | 'genesisHash' | 'organisation' | 'key'> {
  readonly admission: Pick<Admission, 'submit' | 'submitBatch'>;
}

interface Waiting {
  readonly operation: UnsignedOperation;
  readonly resolve: (receipt: Result<StoredReceipt>) => void;
  readonly reject: (error: unknown) => void;
}

/** Signs and submits operations of this process: those that are asked for in one turn of the event loop leave under one signature. */
export class GatewaySubmitter {
  readonly #options: GatewaySubmitterOptions;
  #waiting: Waiting[] = [];

  constructor(options: GatewaySubmitterOptions) {
    this.#options = options;
  }

  /** As Admission.submit. */
  submit(request: Omit<GatewayOperation, keyof GatewaySubmitterOptions>): Promise<Result<StoredReceipt>> {
    const { chainId, genesisHash, organisation, key } = this.#options;
    const operation = prepareGatewayOperation({ ...request, chainId, genesisHash, organisation, key });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0) {
      const taken = this.#take();
      const answers = this.#send(taken.map(({ operation }) => operation));
      for (const [at, { resolve, reject }] of taken.entries()) answers[at]?.then(resolve, reject);
    }
  }

  /** As many as one signature may cover. */
  #take(): Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { operation } of this.#waiting) {
      bytes += encodedBodyBytesOf(operation);
      if (count === SHARED_OPERATIONS_MAX || (count > 0 && bytes > SHARED_BATCH_BYTES_MAX)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #send(unsigned: readonly UnsignedOperation[]): readonly Promise<Result<StoredReceipt>>[] {
    const { chainId, organisation, key, admission } = this.#options;
    const [only] = unsigned;
    if (only !== undefined && unsigned.length === 1) {
      const signature = key.sign(operationSignBytes(only.body));
      return [admission.submit({ ...only, signature, shared: undefined }, organisation)];
    }
    const hashes = unsigned.map(({ body }) => operationHash(nodeCrypto.sha256, body));
    const signature = key.sign(sharedSignBytes(chainId, assertParsed(sharedBatchOf(nodeCrypto.sha256, hashes))));
    const operations = unsigned.map((operation) => ({ ...operation, signature: new Uint8Array(0), shared: undefined }));
    return admission.submitBatch({ signature, operations }, organisation);
  }
}
