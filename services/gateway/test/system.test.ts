import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { healthViewSchema, type HealthView } from '@backend2/contracts';
import { redisEntities } from '@backend2/service-kit';
import { startOwnRedis, until } from '@backend2/testkit';
import test from 'ava';
import { startGateway } from './start-gateway.ts';

const verdict = (status: HealthView['status']): HealthView => ({
  status,
  checks: { 'postgres:responseTime': [{ status, time: new Date().toISOString(), observedValue: 2 }] },
});

test('/health is the verdict of the aggregator, and its own where there is none', async (t) => {
  const gateway = await startGateway(t);
  const ask = async () => {
    const response = await fetch(`${gateway.url}/health`);
    return { response, view: healthViewSchema.parse(await response.json()) };
  };
  const none = await ask();
  t.is(none.response.status, 503);
  t.is(none.response.headers.get('content-type'), 'application/health+json; charset=utf-8');
  t.regex(none.view.output ?? '', /health-aggregator is not running/);

  const entities = redisEntities({ kind: 'single', url: gateway.redisUrl }, 'app:');
  t.teardown(() => entities.stop(AbortSignal.abort()));
  for (const [status, http] of [
    ['pass', 200],
    ['warn', 200],
    ['fail', 503],
  ] as const) {
    const written = verdict(status);
    await entities.health.save(written);
    const { response, view } = await ask();
    t.is(response.status, http);
    t.deepEqual(view, written);
  }
});

test('while Redis is away /health says so, /readyz is not, /livez is, and all of it turns back', async (t) => {
  const redis = await startOwnRedis(t);
  const gateway = await startGateway(t, { env: { REDIS_URL: redis.url } });
  const status = async (path: string): Promise<number> => (await fetch(gateway.url + path)).status;
  t.is(await status('/readyz'), 200);
  await redis.kill();
  await until(async () => (await status('/readyz')) === 503, { what: 'not ready' });
  const response = await fetch(`${gateway.url}/health`);
  t.is(response.status, 503);
  t.regex(((await response.json()) as HealthView).output ?? '', /Redis cannot be read/);
  t.is(await status('/livez'), 200);
  await redis.start();
  await until(async () => (await status('/readyz')) === 200, { what: 'ready again', timeoutMs: 20_000 });
});

test('/docs is a page that shows the document of the API, and has all that it asks for', async (t) => {
  const gateway = await startGateway(t);
  const response = await fetch(`${gateway.url}/docs`);
  t.is(response.status, 200);
  t.is(response.headers.get('content-type'), 'text/html; charset=utf-8');
  const page = await response.text();
  t.regex(page, /<title>Backend2 API<\/title>/);
  const asked = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  t.is(asked.length, 3);
  for (const path of asked) t.is((await fetch(gateway.url + path)).status, 200, path);
  const script = await (await fetch(`${gateway.url}/docs/start.js`)).text();
  const [, document = ''] = /url: '([^']+)'/.exec(script) ?? [];
  const shown = (await (await fetch(gateway.url + document)).json()) as { openapi?: string };
  t.is(shown.openapi, '3.1.0');
});

test('the dashboard is served for its own paths, its assets for ever, and hides no missing API route', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(folder, 'assets/app-1a2b.js'), 'export {};');
  const gateway = await startGateway(t, { env: { DASHBOARD_DIR: folder } });
  const get = (path: string, accept = 'text/html') => fetch(gateway.url + path, { headers: { accept } });
  for (const path of ['/', '/tasks/42?x=style']) {
    const page = await get(path);
    t.is(await page.text(), '<!doctype html><title>page</title>');
    t.is(page.headers.get('cache-control'), 'no-cache');
  }
  const asset = await get('/assets/app-1a2b.js', '*/*');
  t.is(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  t.is((await get('/assets/gone.js', '*/*')).status, 404);
  t.is((await get('/api/v1/gone')).status, 404);
  t.is((await get('/tasks', 'application/json')).status, 404);
});
