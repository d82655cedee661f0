import { type Controller, createController, type KubeObject, type ReconcileResult, type Reflector } from '@civitas/kube';
import { cityFacts, cityPhase, cityVerdicts, kindsVerdicts, type ObservedCity } from '../../core/plan/city-status.ts';
import { heldVerdicts } from '../../core/plan/held-fields.ts';
import type { CityConfig } from '../../core/resources/city-config.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { cityConfigs } from '../observe/custom-resources.ts';
import { retryConflict } from './conflict.ts';
import { CITY_RECHECK_MS } from './limits.ts';
import { findCity, type OperatorContext } from './operator-context.ts';

/** Says of the whole installation how much of it is as it should be. It reads caches alone. */
export function createCityController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('city'), context.clock);

  const reconcile = async (config: CityConfig): Promise<ReconcileResult> => {
    const city = observe(context, config);
    const held = heldVerdicts(context.applierOf('relay').heldObjects());
    const verdicts = [...cityVerdicts(city), ...kindsVerdicts(kindsMissing(context)), ...held];
    const facts = city.older === undefined ? cityFacts(city) : {};
    await writer.write({ resource: cityConfigs, object: config, verdicts, phase: cityPhase(verdicts), facts });
    return { requeueAfterMs: CITY_RECHECK_MS };
  };

  return createController({
    name: 'city',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const config = context.caches.cities.store.get(key);
      return config === undefined ? undefined : retryConflict(() => reconcile(config));
    },
  });
}

function kindsMissing({ caches }: OperatorContext): readonly string[] {
  return Object.values(caches).flatMap((reflector: Reflector<KubeObject>) => (reflector.isServed() ? [] : [reflector.resource.plural]));
}

function observe({ caches }: OperatorContext, config: CityConfig): ObservedCity {
  const oldest = findCity(caches)?.metadata.name;
  return {
    networks: caches.networks.store.list(),
    links: caches.links.store.list(),
    agencies: caches.agencies.store.list(),
    older: oldest === config.metadata.name ? undefined : oldest,
  };
}
