import { webhookEventTypes, type TaskState } from '@backend2/contracts';
import { httpSink, resolveName } from '@backend2/testkit';
import test from 'ava';
import { httpWebhookSender } from '../src/adapters/http-webhook-sender.ts';
import { sealedSecrets } from '../src/domain/sealed-secrets.ts';
import { holdMs, retryDelayMs } from '../src/domain/webhook-backoff.ts';
import { hears, subtaskEvent, taskEventTypes } from '../src/domain/webhook-events.ts';
import { drawWebhookSecret, webhookSignature } from '../src/domain/webhook-signature.ts';

test('an event is heard under its own name and under that of its group, and no other', (t) => {
  const heard = (name: 'task.finished' | 'subtask.finished' | 'task.failed') =>
    webhookEventTypes.filter((type) => hears({ id: '', events: [name] }, type));
  t.deepEqual(heard('task.failed'), ['task.failed']);
  t.deepEqual(heard('task.finished'), [
    'task.succeeded',
    'task.partially_failed',
    'task.failed',
    'task.cancelled',
  ]);
  t.deepEqual(heard('subtask.finished'), ['subtask.succeeded', 'subtask.failed']);
});

test("a task's start is told once and each of its ends, also where one change holds both", (t) => {
  const at = (state: TaskState, startedAt: string | null = 'then') => ({ state, startedAt });
  const waiting = at('pending', null);
  t.deepEqual(taskEventTypes(waiting, at('running')), ['task.started']);
  t.deepEqual(taskEventTypes(waiting, at('succeeded')), ['task.started', 'task.succeeded']);
  t.deepEqual(taskEventTypes(waiting, at('cancelled')), ['task.cancelled']);
  t.deepEqual(taskEventTypes(at('running'), at('partially_failed')), ['task.partially_failed']);
  t.deepEqual(taskEventTypes(at('failed'), at('running')), []);
  t.deepEqual(taskEventTypes(at('running'), at('running')), []);
  t.deepEqual(taskEventTypes(at('running'), at('paused')), []);
});

test('a body stays below 20 kB whatever a handler made', (t) => {
  const artifact = { id: 'a', url: 'u', contentType: 'x'.repeat(4000), bytes: 1 };
  const { body } = subtaskEvent(
    { id: 'task', name: 'n'.repeat(200) },
    {
      ordinal: 0,
      run: 1,
      attempt: 1,
      state: 'failed',
      error: { code: 'c'.repeat(9000), message: 'é'.repeat(50_000) },
      artifacts: Array.from({ length: 50 }, () => artifact),
      durationMs: 1,
    },
    new Date(),
  );
  t.true(Buffer.byteLength(body) < 20_000);
  t.deepEqual((JSON.parse(body) as { data: { artifacts: unknown[] } }).data.artifacts, []);
});

test('retries spread over about a day and a half, and a failing endpoint is held off for minutes at the most', (t) => {
  const hour = 3_600_000;
  let [least, longest] = [0, 0];
  for (let attempt = 1; attempt < 12; attempt += 1) {
    const delays = Array.from({ length: 200 }, () => retryDelayMs(10_000, attempt));
    const ceiling = Math.min(12 * hour, 10_000 * 3 ** (attempt - 1));
    t.true(delays.every((delay) => delay >= ceiling / 2 && delay <= ceiling));
    t.true(new Set(delays).size > 100);
    least += ceiling / 2;
    longest += ceiling;
  }
  t.true(least > 20 * hour && longest < 60 * hour, `${least / hour} to ${longest / hour} hours`);
  t.deepEqual(
    [1, 2].map((failures) => holdMs(10_000, failures)),
    [0, 0],
  );
  t.is(holdMs(10_000, 3), 10_000);
  t.is(holdMs(10_000, 500), 300_000);
});

test('a sealed secret opens for its webhook with any known key, and says nothing otherwise', (t) => {
  const [before, after] = [sealedSecrets(['the old key']), sealedSecrets(['the new key', 'the old key'])];
  const secret = drawWebhookSecret();
  t.true(Buffer.from(secret.slice(6), 'base64').length >= 24);
  const sealed = before.seal(secret, 'one');
  t.notRegex(sealed, new RegExp(secret.slice(6, 20).replaceAll(/[+/]/g, '.')));
  t.is(after.open(sealed, 'one'), secret);
  t.false(after.isCurrent(sealed));
  t.true(after.isCurrent(after.seal(secret, 'one')));
  t.is(after.open(sealed, 'two'), undefined);
  t.is(sealedSecrets(['another']).open(sealed, 'one'), undefined);
  t.is(after.open(`${sealed.slice(0, -4)}AAAA`, 'one'), undefined);
  t.is(after.open('nothing', 'one'), undefined);
});

test("the signature is that of Standard Webhooks' own example, one a secret", (t) => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1_614_265_330,
    body: '{"test": 2432232314}',
  };
  const example = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  t.is(webhookSignature([secret], message), example);
  t.deepEqual(webhookSignature([secret, secret], message).split(' '), [example, example]);
});

test.serial(
  'an endpoint whose name was public when it was looked at is not sent to where it is private by then',
  async (t) => {
    const hooks = await httpSink(t, () => ({ status: 200 }));
    const name = 'rebound.example.org';
    // The first of them is nobody's, and is given up where packets to it vanish.
    resolveName(t, name, ['2d00::1', '127.0.0.1']);
    const url = `http://${name}:${hooks.port}/`;
    const request = { url, id: 'msg', timestamp: 0, signature: 'v1,', body: '{}' };
    const deliver = (timeoutMs: number) =>
      httpWebhookSender({ timeoutMs, privateHosts: [] }).send(request, new AbortController().signal);
    const elsewhere = await deliver(3000);
    t.notRegex(elsewhere.error ?? '', /private/, 'what is public may be sent to');
    const refused = await deliver(60_000);
    t.is(refused.outcome, 'unreachable');
    t.regex(refused.error ?? '', /^rebound\.example\.org lies in a private or reserved network/);
    t.deepEqual(hooks.requests, []);
  },
);
