import { describeAccess, describeEndedAccess } from './access-cases.ts';
import { describeServerSideApply } from './apply-cases.ts';
import type { ConformanceServer } from './conformance-server.ts';
import { describeControllers } from './controller-cases.ts';
import { describeCustomResources } from './custom-resource-cases.ts';
import { describeDeletion } from './deletion-cases.ts';
import { describeDiscovery } from './discovery-cases.ts';
import { describeImpersonation } from './impersonation-cases.ts';
import { describeObjects } from './object-cases.ts';
import { describeRefusals } from './refusal-cases.ts';
import { describeListsAndWatches } from './watch-cases.ts';

/** What this package promises of a Kubernetes API: the same cases for it and for the real server. The sample definition must be there. */
export function describeConformance(server: () => ConformanceServer): void {
  describeAccess(server);
  describeObjects(server);
  describeListsAndWatches(server);
  describeCustomResources(server);
  describeRefusals(server);
  describeServerSideApply(server);
  describeDiscovery(server);
  describeControllers(server);
  describeDeletion(server);
  describeImpersonation(server);
  describeEndedAccess(server);
}
