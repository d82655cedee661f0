import { crashAtEachPoint } from './crash/crash-at-each-point.ts';
import { upgradeScenario } from './crash/upgrade-scenario.ts';

crashAtEachPoint(upgradeScenario, { first: 27, last: 33 });
