import { crashAtEachPoint } from './crash/crash-at-each-point.ts';
import { replaceScenario } from './crash/replace-scenario.ts';

crashAtEachPoint(replaceScenario, { first: 34, last: 39 });
