import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { webhookCreationSchema } from '@backend2/contracts';
import { httpSink, until, type SinkRequest } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { startIntake, type Intake, sharedIntake } from './intake-process.ts';

const fast = {
  WEBHOOK_PRIVATE_HOSTS: '127.0.0.1,localhost',
  WEBHOOK_RETRY_BASE: '100ms',
  WEBHOOK_TIMEOUT: '2s',
};
const useIntake = sharedIntake(test, { ...fast, WEBHOOK_TIMEOUT: '60s', WEBHOOK_RETRY_BASE: '10m' });

const addWebhook = (intake: Intake, url: string, events: string[]) =>
  intake.rpc.call('webhooks.create', {
    principal: intake.user,
    webhook: webhookCreationSchema.parse({ url, events }),
  });

const idsOf = (requests: readonly SinkRequest[]) => requests.map(({ headers }) => headers['webhook-id']);

/** Takes requests and never answers one. */
const silentServer = async (t: ExecutionContext) => {
  const heard: (string | undefined)[] = [];
  const server = createServer((request) => void heard.push(request.headers['webhook-id'] as string));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.teardown(close);
  const { port } = server.address() as AddressInfo;
  return { port, heard, close, url: `http://127.0.0.1:${port}/` };
};

test('what was being sent when the service died is sent again under its id, and what a flushed Redis held too', async (t) => {
  const intake = await startIntake(t, fast);
  const silent = await silentServer(t);
  const webhook = await addWebhook(intake, silent.url, ['task.cancelled']);
  const { id: taskId } = await intake.submit({});
  await intake.rpc.call('tasks.cancel', { principal: intake.user, taskId });
  await until(() => silent.heard.length === 1);
  intake.first.kill('SIGKILL');
  await silent.close();
  await intake.startProcess();
  const deliveries = async () =>
    (
      await intake.rpc.call('webhooks.deliveries', {
        principal: intake.user,
        webhookId: webhook.id,
        query: { limit: 50 },
      })
    ).items;
  await until(async () => (await deliveries())[0]?.error?.includes('cannot be reached'), {
    timeoutMs: 20_000,
  });
  const { Redis } = await import('ioredis');
  const redis = new Redis(intake.redisUrl);
  await redis.flushdb();
  redis.disconnect();
  const sink = await httpSink(t, () => ({ status: 200 }), silent.port);
  await until(() => sink.requests.length > 0, { timeoutMs: 30_000, what: 'the delivery after all' });
  t.deepEqual(new Set(idsOf(sink.requests)), new Set(silent.heard));
  await until(async () => (await deliveries())[0]?.state === 'succeeded');
});

test.serial('an endpoint that hangs takes its own window of slots and holds back no other', async (t) => {
  const intake = await useIntake(t);
  const silent = await silentServer(t);
  const sink = await httpSink(t, () => ({ status: 200 }));
  await addWebhook(intake, silent.url, ['subtask.finished']);
  await addWebhook(intake, sink.url, ['subtask.finished']);
  await intake.startWorker(async () => {}, 64);
  const values = Array.from({ length: 40 }, (_, n) => n);
  await intake.submit({ batchSize: 3, variables: [{ name: 'n', values }] });
  await until(() => sink.requests.length === 120, { timeoutMs: 55_000, what: 'all deliveries' });
  t.is(new Set(idsOf(sink.requests)).size, 120);
  t.is(silent.heard.length, 8);
});

test('secrets sealed with a former SECRET_KEY go on signing and are sealed with the new one, before the former goes', async (t) => {
  const [before, after] = ['a former key of this test'.repeat(2), 'a new key of this test'.repeat(2)];
  const intake = await startIntake(t, { ...fast, SECRET_KEY: before });
  const sink = await httpSink(t, () => ({ status: 200 }));
  const webhook = await addWebhook(intake, sink.url, ['task.finished']);
  const sealed = async () => {
    const client = new pg.Client({ connectionString: intake.postgres.primaryUrl });
    await client.connect();
    const { rows } = await client.query<{ secret: string }>('SELECT secret FROM webhooks');
    await client.end();
    return rows[0]?.secret ?? '';
  };
  const first = await sealed();
  t.false(first.includes(webhook.secret.slice(6)));
  const key = Buffer.from(webhook.secret.slice(6), 'base64');
  let running = intake.first;
  for (const previous of [before, '']) {
    running.kill('SIGTERM');
    await running.exited;
    t.notRegex(running.output, new RegExp(webhook.secret.slice(6, 30).replaceAll(/[+/]/g, '.')));
    running = await intake.startProcess({ SECRET_KEY: after, PREVIOUS_SECRET_KEYS: previous });
    t.not(await sealed(), first);
    const { id } = await intake.rpc.call('webhooks.test', { principal: intake.user, webhookId: webhook.id });
    const request = await until(() => sink.requests.find(({ headers }) => headers['webhook-id'] === id));
    const signed = `${id}.${String(request.headers['webhook-timestamp'])}.${request.body}`;
    t.is(
      request.headers['webhook-signature'],
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    );
  }
});

test.serial('a test is sent at once to an endpoint that fails, whatever waits for it', async (t) => {
  const intake = await useIntake(t);
  const { rpc, user: principal } = intake;
  let status = 503;
  const sink = await httpSink(t, () => ({ status }));
  const { id: webhookId } = await addWebhook(intake, sink.url, ['task.cancelled']);
  for (let n = 0; n < 12; n += 1) {
    const { id: taskId } = await intake.submit({});
    await rpc.call('tasks.cancel', { principal, taskId });
  }
  const deliveries = async () =>
    (await rpc.call('webhooks.deliveries', { principal, webhookId, query: { limit: 50 } })).items;
  await until(async () => (await deliveries()).some(({ error }) => error !== null), { what: 'a failure' });
  const failing = await rpc.call('webhooks.test', { principal, webhookId });
  await until(async () => (await deliveries()).find(({ id }) => id === failing.id)?.state === 'failed');
  status = 200;
  const { id: testId } = await rpc.call('webhooks.test', { principal, webhookId });
  await until(async () => (await deliveries()).find(({ id }) => id === testId)?.state === 'succeeded');
  t.true(idsOf(sink.requests).includes(testId));
  t.true((await deliveries()).some(({ state }) => state === 'pending'));
});
