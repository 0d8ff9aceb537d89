import { liveness } from '@backend2/service-kit';
import { Router } from 'express';
import type { Dependencies } from './dependencies.ts';
import { healthReport, statusOfHealth } from './health-report.ts';
import { noteRoute } from './request-log.ts';

/** What orchestrators and monitors ask: outside the API prefix, with no sign-in. */
export const systemEndpoints = ({ readiness, readHealth, loops }: Dependencies): Router => {
  const router = Router();
  router.use(['/health', '/livez', '/readyz'], (_request, response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  router.get('/health', noteRoute('/health'), async (_request, response) => {
    const view = await healthReport(readHealth);
    response.status(statusOfHealth(view)).type('application/health+json').send(JSON.stringify(view));
  });
  router.get('/livez', noteRoute('/livez'), (_request, response) => {
    const { alive, stuck } = liveness(loops());
    response.status(alive ? 200 : 503).json({ status: alive ? 'pass' : 'fail', stuck });
  });
  router.get('/readyz', noteRoute('/readyz'), async (request, response) => {
    const checks = await readiness.check();
    const ready = readiness.state === 'ready' && checks.every(({ status }) => status !== 'fail');
    response.status(ready ? 200 : 503).json({
      status: ready ? 'pass' : 'fail',
      state: readiness.state,
      ...('verbose' in request.query ? { checks } : {}),
    });
  });
  return router;
};
