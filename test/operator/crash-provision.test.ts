import { crashAtEachPoint } from './crash/crash-at-each-point.ts';
import { provisionScenario } from './crash/provision-scenario.ts';

crashAtEachPoint(provisionScenario, { first: 20, last: 26 });
