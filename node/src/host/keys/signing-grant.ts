import { accept, type Bytes, equalBytes, type Result, refuse } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';

/** Whether this process may sign blocks; held in memory alone, so that a restarted pod asks anew. */
export interface SigningGrant {
  granted(): boolean;
  /** @returns ends the subscription. */
  onChange(listener: () => void): () => void;
  /** GRANT_KEY or GRANT_POD when the grant is for another key or pod. */
  set(request: { readonly keyHash: Bytes; readonly podUid: string; readonly granted: boolean }): Result<boolean>;
}

/** A grant names key and pod, so that one that was meant for a lost volume or an old pod gives nothing. */
export function openSigningGrant(consensusPublicKey: Bytes, podUid: string): SigningGrant {
  const keyHash = nodeCrypto.sha256(consensusPublicKey);
  const listeners = new Set<() => void>();
  let granted = false;
  return {
    granted: () => granted,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set: (request) => {
      if (!equalBytes(request.keyHash, keyHash)) return refuse('GRANT_KEY', { expected: 'SHA-256 of the consensus public key' });
      if (request.podUid !== podUid) return refuse('GRANT_POD', { expected: podUid, got: request.podUid });
      if (granted !== request.granted) {
        granted = request.granted;
        for (const listener of listeners) listener();
      }
      return accept(granted);
    },
  };
}
