import type { Dependencies } from '../http/dependencies.ts';
import type { Route } from '../http/route.ts';
import { apiKeyRoutes } from './api-key-routes.ts';
import { artifactRoutes } from './artifact-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { authRoutes } from './auth-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { exportRoutes } from './export-routes.ts';
import { laneRoutes } from './lane-routes.ts';
import { quotaRoutes } from './quota-routes.ts';
import { scheduleRoutes } from './schedule-routes.ts';
import { subtaskRoutes } from './subtask-routes.ts';
import { systemRoutes } from './system-routes.ts';
import { taskRoutes } from './task-routes.ts';
import { userRoutes } from './user-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** Every route below the API prefix: what is served, and what the OpenAPI document describes. */
export const apiRoutes = (dependencies: Dependencies): Route[] => [
  ...authRoutes(dependencies),
  ...userRoutes(dependencies),
  ...apiKeyRoutes(dependencies),
  ...auditRoutes(dependencies),
  ...taskRoutes(dependencies),
  ...subtaskRoutes(dependencies),
  ...eventRoutes(dependencies),
  ...exportRoutes(dependencies),
  ...artifactRoutes(dependencies),
  ...laneRoutes(dependencies),
  ...systemRoutes(dependencies),
  ...quotaRoutes(dependencies),
  ...scheduleRoutes(dependencies),
  ...webhookRoutes(dependencies),
];
