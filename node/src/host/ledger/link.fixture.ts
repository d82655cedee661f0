import { base64urlDecode, base64urlEncode, type Json, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { GenesisAppState } from '@civitas/deployment';
import { type Receipt, validatorOf, validatorsHash } from '@civitas/proofs';
import { aNetwork, approverKey, platformKey, type TestNetwork } from './ledger-fixture.ts';
import { SimulatedLedger } from './simulated-ledger.fixture.ts';

export const CITY = 'jincheng-city-1';
export const HEALTH = 'jincheng-health-1';

export const codeOf = (receipt: Receipt): string => (receipt.outcome.ok ? 'ok' : receipt.outcome.refusal.code);
export const resultOf = (receipt: Receipt): JsonObject => {
  if (!receipt.outcome.ok) throw new Error(`refused: ${receipt.outcome.refusal.code} ${JSON.stringify(receipt.outcome.refusal.facts)}`);
  return receipt.outcome.result as JsonObject;
};
export const statuses = (receipt: Receipt): Json[] => (resultOf(receipt)['results'] as JsonObject[]).map(({ status }) => status ?? null);

export function validatorsOf(network: TestNetwork) {
  return network.genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
}

export function registered(network: TestNetwork): JsonObject {
  const validators = network.genesis.validators.map(({ publicKey, power }) =>
    validatorOf(nodeCrypto.sha256, base64urlDecode(publicKey) ?? new Uint8Array(), BigInt(power)),
  );
  return {
    chainId: network.chainId,
    genesisHash: base64urlEncode(nodeCrypto.sha256(network.genesisBytes)),
    status: 'registered',
    validatorsHash: base64urlEncode(validatorsHash(nodeCrypto.sha256, validators)),
  };
}

/** A proposal by the platform, approved by a founder with its approver. */
export function decide(ledger: SimulatedLedger, change: JsonObject): Receipt {
  const proposed = ledger.run({
    contract: 'network.members@v1',
    method: 'propose',
    args: { change },
    organisation: 'platform',
    role: 'platform',
    key: platformKey,
  });
  if (!proposed.outcome.ok) return proposed;
  const { proposal } = resultOf(proposed);
  return ledger.run({ contract: 'network.members@v1', method: 'approve', args: { proposal: proposal ?? '' }, coSigners: [approverKey] });
}

/**
 * Two linked ledgers: the city has created its client of health; health was born with the city's.
 *
 * @param rules Of the city's genesis.
 */
export function aLink(rules: Pick<GenesisAppState, 'protocolVersion'> = {}): { city: SimulatedLedger; health: SimulatedLedger } {
  const cityNetwork = aNetwork(CITY, rules);
  const cityClient = {
    chainId: CITY,
    genesisHash: base64urlEncode(nodeCrypto.sha256(cityNetwork.genesisBytes)),
    validators: cityNetwork.genesis.validators,
  };
  const healthNetwork = aNetwork(HEALTH, { cityClient });
  const city = new SimulatedLedger(cityNetwork);
  const health = new SimulatedLedger(healthNetwork);
  city.block();
  health.block();
  city.records.records.set(`city.registry/networks/${HEALTH}`, registered(healthNetwork));
  resultOf(decide(city, { kind: 'createClient', chainId: HEALTH, validators: validatorsOf(healthNetwork) }));
  city.block();
  return { city, health };
}

export function send(from: SimulatedLedger, to: SimulatedLedger, value: JsonObject = { n: 1 }, more: JsonObject = {}): Receipt {
  const timeoutUnixMs = Math.max(from.nextTimeUnixMs, to.nextTimeUnixMs) + 60_000;
  const receipt = from.run({ method: 'send', args: { to: to.network.chainId, timeoutUnixMs, value, ...more } });
  from.block();
  return receipt;
}
