import { cityDashboard } from './city-dashboard.ts';
import type { Dashboard } from './dashboard.ts';
import { linksDashboard } from './links-dashboard.ts';
import { networkDashboard } from './network-dashboard.ts';
import { operatorDashboard } from './operator-dashboard.ts';
import { securityDashboard } from './security-dashboard.ts';
import { sloDashboard } from './slo-dashboard.ts';
import { tenantDashboard } from './tenant-dashboard.ts';
import { validatorDashboard } from './validator-dashboard.ts';

/** The dashboards, in the order in which somebody on call goes through them. */
export const DASHBOARDS: readonly Dashboard[] = [
  cityDashboard,
  networkDashboard,
  validatorDashboard,
  linksDashboard,
  operatorDashboard,
  tenantDashboard,
  securityDashboard,
  sloDashboard,
];
