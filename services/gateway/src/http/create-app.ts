import cors from 'cors';
import express, { type Express } from 'express';
import { apiRoutes } from '../routes/api-routes.ts';
import { documentation } from '../openapi/documentation.ts';
import { auditTrail } from './audit-trail.ts';
import { authenticator } from './authenticate.ts';
import { compressAnswers } from './compress-answers.ts';
import { dashboard } from './dashboard.ts';
import type { Dependencies } from './dependencies.ts';
import { errorHandler, unknownRoute } from './error-handler.ts';
import { idempotency } from './idempotency.ts';
import { rateLimits } from './rate-limits.ts';
import { bodyReader } from './read-body.ts';
import { refusedCredentials } from './refused-credentials.ts';
import { registerRoutes } from './register-routes.ts';
import { requestContext } from './request-context.ts';
import { requestLog } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';
import { systemEndpoints } from './system-endpoints.ts';

/** Headers of ours that scripts of other origins may read. */
const exposedHeaders = [
  'content-disposition',
  'etag',
  'idempotent-replayed',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'traceparent',
  'x-request-id',
];

/** The whole HTTP interface. */
export const createApp = (dependencies: Dependencies): Express => {
  const { config, log, metrics, tokens, revocations, verifyApiKey } = dependencies;
  const { apiPrefix, limits } = config;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', trustProxy(config.http.trustProxy));
  app.use(requestContext, requestLog(log, metrics), securityHeaders());
  app.use(
    cors({
      origin: config.cors.origins.includes('*') ? '*' : config.cors.origins,
      credentials: config.cors.credentials,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders,
      maxAge: 600,
    }),
    compressAnswers(),
  );
  app.use(systemEndpoints(dependencies));

  const routes = apiRoutes(dependencies);
  app.use(documentation(routes, apiPrefix));
  const refused = refusedCredentials(limits.refusedPerMinute, dependencies.rateLimitStore('refused'), log);
  registerRoutes(app, apiPrefix, routes, {
    authenticate: authenticator({ tokens, revocations, verifyApiKey, refused }),
    readBody: bodyReader({
      maxBytes: limits.bodyBytes,
      maxDepth: limits.bodyDepth,
      maxItems: limits.bodyItems,
    }),
    limits: rateLimits(limits, dependencies.rateLimitStore, log),
    idempotency: idempotency(dependencies.idempotencyStore, log),
    audit: auditTrail(dependencies.keepAudit, log),
  });
  app.use(dashboard(config.dashboardDir, (path) => path.startsWith(`${apiPrefix}/`) || path === apiPrefix));
  app.use(unknownRoute);
  app.use(errorHandler(log, dependencies.onUnexpected));
  return app;
};

const trustProxy = (setting: string): boolean | number | string => {
  if (setting === '') return false;
  return /^\d+$/.test(setting) ? Number(setting) : setting;
};
