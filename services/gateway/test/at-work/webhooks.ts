import { createHmac } from 'node:crypto';
import { ApiError, verifyWebhook, type Client } from '@backend2/client';
import { freePort, httpSink, until, type HttpSink, type SinkRequest } from '@backend2/testkit';
import test from 'ava';
import { shared } from './system.ts';

/** Signed anew, by the specification and none of our code. */
const isSignedWith = (secret: string, { headers, body }: SinkRequest): boolean => {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${String(id)}.${String(timestamp)}.${body}`);
  return String(signatures)
    .split(' ')
    .includes(`v1,${signature.digest('base64')}`);
};

/** Two requests to a server that answers each of them. */
const sweep = (target: HttpSink, tags: string[] = [], path = 'work') => ({
  name: 'Two requests',
  kind: 'http.request',
  input: { url: `${target.url}/${path}/{{n}}` },
  variables: [{ name: 'n', values: [1, 2] }],
  maxAttempts: 1,
  tags,
});

const typesOf = (requests: readonly SinkRequest[]): string[] =>
  requests.map(({ body }) => (JSON.parse(body) as { type: string }).type).toSorted();

const deliveryOf = async (client: Client, webhookId: string, id: string) =>
  (await client.webhooks.deliveries(webhookId)).items.find((delivery) => delivery.id === id);
const ended = (client: Client, webhookId: string, id: string) =>
  until(async () => {
    const delivery = await deliveryOf(client, webhookId, id);
    return delivery?.state === 'pending' ? undefined : delivery;
  });
const refusal = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return error instanceof ApiError ? error : undefined;
};

export const webhookTests = (): void => {
  test.serial(
    'an endpoint is told of what its owner asked for, signed, and the secret is shown twice only',
    async (t) => {
      const { root, user } = shared();
      const sink = await httpSink(t, ({ path }) => ({ status: path.startsWith('/job/bad') ? 500 : 200 }));
      const hooks = await httpSink(t, () => ({ status: 200 }));
      const { client: ada } = await user('told');
      const { secret, ...webhook } = await ada.webhooks.create({
        url: `${hooks.url}/hook`,
        events: ['subtask.finished', 'task.started', 'task.finished'],
        tags: ['told'],
        description: 'The render farm',
      });
      t.regex(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
      t.deepEqual(await ada.webhooks.get(webhook.id), webhook);
      t.deepEqual(await ada.webhooks.list(), [webhook]);

      const untold = await ada.tasks.create(sweep(sink));
      await ada.tasks.waitUntilFinished(untold.id);
      const task = await ada.tasks.create(sweep(sink, ['told', 'other']));
      await ada.tasks.waitUntilFinished(task.id);
      await until(() => hooks.requests.length >= 4);
      t.deepEqual(typesOf(hooks.requests), [
        'subtask.succeeded',
        'subtask.succeeded',
        'task.started',
        'task.succeeded',
      ]);
      for (const request of hooks.requests) {
        t.is(request.path, '/hook');
        t.true(isSignedWith(secret, request));
        const { id, payload } = await verifyWebhook(request, secret);
        t.is(request.headers['webhook-id'], id);
        t.is((payload.data as { taskId: string }).taskId, task.id);
      }
      const failing = await ada.tasks.create(sweep(sink, ['told'], 'job/bad'));
      t.is((await ada.tasks.waitUntilFinished(failing.id)).state, 'failed');
      await until(() => hooks.requests.length >= 8);
      t.deepEqual(typesOf(hooks.requests.slice(4)), [
        'subtask.failed',
        'subtask.failed',
        'task.failed',
        'task.started',
      ]);

      const log = await until(async () => {
        const { items } = await ada.webhooks.deliveries(webhook.id, { state: 'succeeded' });
        return items.length === 8 ? items : undefined;
      });
      t.deepEqual(
        log.map(({ id }) => id).toSorted(),
        hooks.requests.map(({ headers }) => String(headers['webhook-id'])).toSorted(),
      );
      t.true(
        log.every(
          ({ attempts, responseStatus, error }) => attempts === 1 && responseStatus === 200 && !error,
        ),
      );
      const paged: string[] = [];
      for await (const { id } of ada.webhooks.iterateDeliveries(webhook.id, { limit: 3 })) paged.push(id);
      t.deepEqual(
        paged,
        log.map(({ id }) => id),
      );

      // The new secret is shown, and for a while both sign.
      const rotated = await ada.webhooks.rotateSecret(webhook.id);
      t.not(rotated.secret, secret);
      t.true(Date.parse(rotated.previousSecretUntil ?? '') > Date.now());
      const { id: tested } = await ada.webhooks.test(webhook.id);
      const request = await until(() =>
        hooks.requests.find(({ headers }) => headers['webhook-id'] === tested),
      );
      t.true(isSignedWith(secret, request) && isSignedWith(rotated.secret, request));
      t.is((await verifyWebhook(request, rotated.secret)).payload.type, 'webhook.test');

      // Sent again by hand: under the same id.
      const again = log[0]?.id ?? '';
      await ended(ada, webhook.id, tested);
      t.is((await ada.webhooks.redeliver(webhook.id, again)).state, 'pending');
      await until(() => hooks.requests.filter(({ headers }) => headers['webhook-id'] === again).length === 2);

      // Another's webhook is not there, for an admin neither.
      const { client: bob } = await user('not-told');
      for (const stranger of [bob, root]) {
        t.deepEqual(await stranger.webhooks.list(), []);
        const { webhooks } = stranger;
        for (const call of [
          webhooks.get(webhook.id),
          webhooks.update(webhook.id, { enabled: false }),
          webhooks.delete(webhook.id),
          webhooks.rotateSecret(webhook.id),
          webhooks.test(webhook.id),
          webhooks.deliveries(webhook.id),
          webhooks.redeliver(webhook.id, again),
        ])
          t.is((await refusal(call))?.status, 404);
      }
      t.is((await refusal(ada.webhooks.redeliver(webhook.id, webhook.id)))?.status, 404);
      await ada.webhooks.delete(webhook.id);
      t.is((await refusal(ada.webhooks.get(webhook.id)))?.status, 404);
    },
  );

  test.serial(
    'an endpoint that is down, slow to recover, moved, gone or private is handled for what it is',
    async (t) => {
      const { client: ada } = await shared().user('told-of-failures');
      const answers: { status: number; headers?: Record<string, string> }[] = [];
      const hooks = await httpSink(t, () => answers.shift() ?? { status: 200 });
      const times = (id: string) =>
        hooks.requests.filter(({ headers }) => headers['webhook-id'] === id).length;
      const sink = await httpSink(t, () => ({ status: 200 }));
      const events: ['task.finished'] = ['task.finished'];
      const webhook = await ada.webhooks.create({ url: hooks.url, events });
      const tell = async (webhookId = webhook.id) => {
        const known = new Set((await ada.webhooks.deliveries(webhookId)).items.map(({ id }) => id));
        await ada.tasks.create(sweep(sink));
        return until(async () =>
          (await ada.webhooks.deliveries(webhookId)).items.map(({ id }) => id).find((id) => !known.has(id)),
        );
      };

      // Tried again as the endpoint asks, under the same id, and no redirect is followed.
      answers.push(
        { status: 503, headers: { 'retry-after': '1' } },
        { status: 307, headers: { location: sink.url } },
      );
      const began = Date.now();
      const third = await ended(ada, webhook.id, await tell());
      t.like(third, { state: 'succeeded', attempts: 3, responseStatus: 200, error: null });
      t.true(Date.now() - began >= 1000);
      t.is(times(third.id), 3);
      t.false(sink.requests.some(({ headers }) => 'webhook-id' in headers));

      // Down, then back at the same place.
      const port = await freePort();
      const late = await ada.webhooks.create({ url: `http://127.0.0.1:${port}/late`, events });
      const missed = await tell(late.id);
      await until(async () => (await deliveryOf(ada, late.id, missed))?.error?.includes('cannot be reached'));
      const back = await httpSink(t, () => ({ status: 204 }), port);
      const caught = await ended(ada, late.id, missed);
      t.is(caught.state, 'succeeded');
      t.true(caught.attempts > 1);
      t.is(back.requests[0]?.headers['webhook-id'], missed);
      t.is((await ada.webhooks.get(late.id)).failingSince, null);

      // Down for long.
      await back.close();
      await tell(late.id);
      const dead = await until(async () => (await ada.webhooks.get(late.id)).disabled, { timeoutMs: 60_000 });
      t.is(dead.reason, 'failing');
      t.regex(dead.detail, /took nothing since .*cannot be reached/);
      t.is((await refusal(ada.webhooks.redeliver(late.id, missed)))?.code, 'webhook_disabled');

      // Gone: at once. A test reaches it all the same, once, and enabling begins anew.
      answers.push({ status: 410 }, { status: 500 });
      t.like(await ended(ada, webhook.id, await tell()), {
        state: 'failed',
        attempts: 1,
        responseStatus: 410,
      });
      t.is((await ada.webhooks.get(webhook.id)).disabled?.reason, 'gone');
      const probe = await ended(ada, webhook.id, (await ada.webhooks.test(webhook.id)).id);
      t.like(probe, { type: 'webhook.test', state: 'failed', attempts: 1, responseStatus: 500 });
      t.is((await ada.webhooks.update(webhook.id, { enabled: true })).disabled, null);
      t.is((await ended(ada, webhook.id, await tell())).state, 'succeeded');

      // Private by address is refused at the edge, by name when it is connected to.
      const bare = { events, description: 'private' };
      for (const host of [
        '[::1]',
        '10.0.0.7',
        '0x7f.2',
        '169.254.169.254',
        '[::ffff:127.0.0.1]',
        '[fd00::1]',
      ]) {
        const refused = await refusal(ada.webhooks.create({ ...bare, url: `http://${host}:1/` }));
        t.is(refused?.status, 422, host);
        t.deepEqual(
          refused?.issues.map(({ path }) => path),
          ['/url'],
        );
      }
      for (const url of [
        'ftp://example.org/',
        'https://ada:secret@example.org/',
        'nowhere',
        'http://x/'.padEnd(3000, 'x'),
      ])
        t.deepEqual(
          (await refusal(ada.webhooks.create({ ...bare, url })))?.issues.map(({ path }) => path),
          ['/url'],
        );
      const named = await ada.webhooks.create({ ...bare, url: `http://localhost:${hooks.port}/` });
      const before = hooks.requests.length;
      const inner = await ended(ada, named.id, (await ada.webhooks.test(named.id)).id);
      t.like(inner, { state: 'failed', responseStatus: null });
      t.regex(inner.error ?? '', /localhost lies in a private or reserved network/);
      t.is(hooks.requests.length, before);
    },
  );
};
