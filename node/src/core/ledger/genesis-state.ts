import { base64urlDecode, invariant, type JsonObject, keyIdOf, type Sha256 } from '@civitas/canon';
import type { Genesis, GenesisOrganisation } from '@civitas/deployment';
import { pinCityClient } from '../links/client-change.ts';
import { memberKeyKey, organisationKey, SETTINGS_KEY } from '../members/records.ts';
import { bornWith, PROTOCOL_KEY } from '../protocol/records.ts';
import { NO_RECORDS, Overlay } from '../state/records.ts';
import { putGenesisValidators } from '../validators/genesis-validators.ts';

function putOrganisation(state: Overlay, sha256: Sha256, { keys, ...organisation }: GenesisOrganisation): void {
  const roles = [...new Set(organisation.founder ? ['member', ...organisation.roles] : organisation.roles)];
  const { zh, en } = organisation.displayName;
  state.put(organisationKey(organisation.name), { ...organisation, displayName: { zh, en }, roles, status: 'enrolled' });
  for (const { publicKey, use, label } of keys) {
    const bytes = base64urlDecode(publicKey);
    invariant(bytes?.length === 32, `genesis: key ${label} of ${organisation.name} is not 32 bytes`);
    state.put(memberKeyKey(keyIdOf(sha256, bytes)), { publicKey, use, label, organisation: organisation.name, status: 'active' });
  }
}

/** The records a network is born with: membership, validators, settings, the rules of its first block, and the pinned client of the city network. */
export function genesisState(sha256: Sha256, genesis: Genesis): Overlay {
  const state = new Overlay(NO_RECORDS);
  const { founders, approvalThreshold, contracts, limits, cityClient, protocolVersion } = genesis.appState;
  for (const organisation of founders) putOrganisation(state, sha256, organisation);
  putGenesisValidators(state, sha256, genesis.validators);
  const { operationsPerSecondPerOrganisation, linkPacketsPerMinute } = limits;
  const settings: JsonObject = {
    approvalThreshold,
    cityChainId: cityClient?.chainId ?? '',
    contracts: [...contracts],
    limits: { operationsPerSecondPerOrganisation, linkPacketsPerMinute },
  };
  state.put(SETTINGS_KEY, settings);
  if (protocolVersion !== undefined) state.put(PROTOCOL_KEY, bornWith(protocolVersion));
  if (cityClient !== null) pinCityClient(state, sha256, cityClient, linkPacketsPerMinute);
  return state;
}
