import { base64urlEncode, keyIdOf } from '@civitas/canon';
import { browserCrypto } from '@civitas/canon/browser';
import type { LedgerRecord } from '@civitas/console-contract';
import type { ReactNode } from 'react';
import { useFoundRecord, useNetworks } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { StatusLabel, type Tone } from '../ui/status-label.tsx';

/** On which ledgers a person's key stands, and whether it may approve there now. */
export function KeyStanding({ publicKey }: { readonly publicKey: Uint8Array<ArrayBuffer> }): ReactNode {
  const { t } = useWords();
  const networks = useNetworks().query.data ?? [];
  const keyId = keyIdOf(browserCrypto.sha256, publicKey);
  return (
    <ul aria-label={t('key.standing')} className="civitas-stack">
      {networks.map(({ name }) => (
        <OnNetwork key={name} network={name} keyId={keyId} publicKey={base64urlEncode(publicKey)} />
      ))}
    </ul>
  );
}

type Standing = 'unknown' | 'active' | 'revoked';
const TONES: Readonly<Record<Standing, Tone>> = { unknown: 'neutral', active: 'good', revoked: 'bad' };

function standingOf(record: LedgerRecord | null | undefined, publicKey: string): Standing {
  const value: unknown = record?.value;
  if (typeof value !== 'object' || value === null || !('status' in value) || !('publicKey' in value)) return 'unknown';
  if (value.publicKey !== publicKey) return 'unknown';
  return value.status === 'active' ? 'active' : 'revoked';
}

interface OnNetworkProps {
  readonly network: string;
  readonly keyId: string;
  readonly publicKey: string;
}

function OnNetwork({ network, keyId, publicKey }: OnNetworkProps): ReactNode {
  const { t } = useWords();
  const { data, isPending, isError } = useFoundRecord(network, `network.members/keys/${keyId}`);
  if (isPending || isError) return null;
  const standing = standingOf(data, publicKey);
  return (
    <li>
      {network} <StatusLabel tone={TONES[standing]}>{t(`key.standing.${standing}`)}</StatusLabel>
    </li>
  );
}
