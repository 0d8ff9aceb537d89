import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { httpSink, runProcess, soonest, until } from '@backend2/testkit';
import test from 'ava';
import { taskId, useLane } from './fixtures/lane.ts';

test.serial("a kind of one's own runs from a module named in the configuration", async (t) => {
  const lane = await useLane(t);
  await lane.startWorker();
  await lane.publish({ kind: 'text.count-words', input: { text: 'a rose is a rose is a rose', least: 2 } });
  await lane.untilEnded('succeeded', 1);
  const [result] = lane.ended('succeeded');
  if (result?.type !== 'succeeded') return t.fail();
  t.deepEqual(result.result, { words: 3, most: 'a' });
  const [artifact] = result.artifacts;
  t.is(readFileSync(join(lane.folder, artifact?.key ?? ''), 'utf8'), 'a,3\nrose,3\nis,2\n');
});

test.serial(
  'a request that changed something is not sent again for the odd type of what it answered',
  async (t) => {
    const types = [
      `application/pdf; note="${'x'.repeat(200)}"`,
      `application/${'x'.repeat(200)}`,
      'html',
      'image/png; kept=yes',
    ];
    const { port, requests } = await httpSink(t, ({ path }) => ({
      status: 200,
      headers: { 'content-type': types[Number(path.slice(1))] ?? '' },
    }));
    const host = `127.0.0.1:${port}`;
    const lane = await useLane(t);
    await lane.startWorker({ HTTP_PRIVATE_HOSTS: host });
    await lane.publish(
      ...types.map((_type, at) => ({
        kind: 'http.request',
        input: { method: 'POST', url: `http://${host}/${at}` },
      })),
    );
    await until(() => lane.ended('succeeded').length + lane.ended('failed').length === types.length);
    const ended = lane.ended('succeeded').toSorted((a, b) => a.ordinal - b.ordinal);
    t.deepEqual(
      ended.map((result) => result.type === 'succeeded' && result.artifacts[0]?.contentType),
      ['application/pdf', 'application/octet-stream', 'application/octet-stream', 'image/png; kept=yes'],
    );
    t.is(requests.length, types.length);
  },
);

test.serial(
  'a result too large for one, and what was thrown without a text, are failures that say so',
  async (t) => {
    const lane = await useLane(t);
    await lane.startWorker();
    await lane.publish({ kind: 'test.much' }, { kind: 'test.nameless', maxAttempts: 1 });
    await lane.untilEnded('failed', 2);
    const ends = lane.ended('failed').toSorted((a, b) => a.ordinal - b.ordinal);
    t.like(ends[0], { attempt: 1, error: { code: 'result_too_large' } });
    t.like(ends[1], { attempt: 1, error: { code: 'failed', message: '[Object: null prototype] {}' } });
  },
);

test.serial('a worker announces its kinds, with the inputs that they say are costly to switch', async (t) => {
  const lane = await useLane(t);
  await lane.startWorker();
  const { messages } = await lane.heartbeats.read('0', 10);
  const work = messages.find(({ payload }) => payload.work !== undefined)?.payload.work;
  t.true(work?.kinds.includes('text.count-words'));
  t.deepEqual(work?.costlyInputs, { 'test.pid': ['/checkpoint'] });
});

test.serial(
  'how far a handler says it is, is told with its latest word; quick work says nothing',
  async (t) => {
    const lane = await useLane(t);
    await lane.startWorker();
    await lane.publish({ kind: 'text.count-words', input: { text: 'a rose' } }, { kind: 'test.half' });
    await lane.untilEnded('progress', 1);
    await lane.order.publish({ type: 'cancel', taskId, upToRun: 1 });
    await lane.untilEnded('cancelled', 1);
    t.like(lane.ended('progress'), [
      { ordinal: 1, run: 1, attempt: 1, fraction: 0.5, note: 'half way', type: 'progress' },
    ]);
    t.is(lane.ended('progress').length, 1);
  },
);

test.serial('work says when it began while it runs; what ends at once leaves that to its end', async (t) => {
  const lane = await useLane(t);
  await lane.startWorker();
  const begun = Date.now();
  await lane.publish({ kind: 'test.pid' }, { kind: 'test.wait' }, { kind: 'test.pid' });
  await lane.untilEnded('succeeded', 2);
  await lane.untilEnded('started', 1);
  t.deepEqual(
    lane.ended('started').map(({ ordinal }) => ordinal),
    [1],
  );
  const ended = lane.ended('succeeded')[0];
  if (ended?.type !== 'succeeded') return t.fail();
  t.true(ended.at - ended.durationMs >= begun - 1);
});

test.serial(
  'running work is stopped within a second of its cancel, even if it heeds no signal',
  async (t) => {
    const lane = await useLane(t);
    await lane.startWorker();
    let run = 0;
    const stoppedAfterMs = await soonest(1000, async () => {
      run++;
      const wait = { kind: 'test.wait', run };
      await lane.publish(wait, wait, wait);
      await lane.untilEnded('started', 3 * run);
      const begun = performance.now();
      await lane.order.publish({ type: 'cancel', taskId, ordinal: 1, upToRun: run });
      await lane.untilEnded('cancelled', 3 * run - 2);
      const tookMs = performance.now() - begun;
      t.like(lane.ended('cancelled').at(-1), { ordinal: 1, run });
      await lane.order.publish({ type: 'cancel', taskId, upToRun: run });
      await lane.untilEnded('cancelled', 3 * run);
      return tookMs;
    });
    t.true(stoppedAfterMs < 1000, `${stoppedAfterMs} ms`);
  },
);

test.serial(
  'a failed attempt is told, tried again and may succeed; the last one fails for good, once',
  async (t) => {
    const lane = await useLane(t);
    await lane.startWorker();
    await lane.publish(
      { kind: 'test.fail-until', input: { attempt: 2 }, maxAttempts: 2 },
      { kind: 'test.fail-until', input: { attempt: 9 }, maxAttempts: 2 },
    );
    await lane.untilEnded('failed', 1);
    await lane.untilEnded('succeeded', 1);
    t.is(lane.ended('retrying').length, 2);
    t.is(lane.ended('failed').length, 1);
    const [failed] = lane.ended('failed');
    t.deepEqual(failed && 'error' in failed ? failed.error : null, {
      code: 'failed',
      message: 'not yet at attempt 2',
    });
  },
);

test.serial(
  'an attempt that takes longer than its task allows is stopped, and the last one says so',
  async (t) => {
    const lane = await useLane(t);
    await lane.startWorker();
    await lane.publish({ kind: 'test.wait', timeoutMs: 300, maxAttempts: 2 });
    await lane.untilEnded('failed', 1);
    const [failed] = lane.ended('failed');
    t.like(failed, { attempt: 2, error: { code: 'timeout' } });
    t.is(lane.ended('retrying').length, 1);
  },
);

test.serial(
  'a subtask that hangs its process is given up, and the work beside it is done by another',
  async (t) => {
    const lane = await useLane(t);
    const { worker } = await lane.startWorker({
      WORKER_HUNG: '5s',
      WORKER_MAX_DELIVERIES: '2',
      WORKER_PROCESSES: '2',
    });
    await lane.publish({ kind: 'test.hang' }, ...Array.from({ length: 10 }, () => ({ kind: 'test.pid' })));
    await lane.untilEnded('failed', 1, 120_000);
    await until(() => new Set(lane.ended('succeeded').map(({ ordinal }) => ordinal)).size === 10, {
      timeoutMs: 30_000,
    });
    const [failed] = lane.ended('failed');
    t.is(failed && 'error' in failed ? failed.error.code : null, 'worker_lost');
    t.regex(worker.output, /worker process hangs/);
  },
);

test.serial('a worker process that dies is replaced', async (t) => {
  const lane = await useLane(t);
  await lane.startWorker();
  await lane.publish({ kind: 'test.pid' });
  await lane.untilEnded('succeeded', 1);
  const pidOf = (at: number) => {
    const result = lane.ended('succeeded')[at];
    return result?.type === 'succeeded' ? Number(result.result) : 0;
  };
  process.kill(pidOf(0), 'SIGKILL');
  await lane.publish({ kind: 'test.pid', run: 2 });
  await lane.untilEnded('succeeded', 2);
  t.not(pidOf(1), pidOf(0));
});

test.serial(
  'a paused lane begins nothing until it is resumed, also in a worker that starts while paused',
  async (t) => {
    const lane = await useLane(t);
    await lane.order.publish({ type: 'lane', lane: 'standard', paused: true });
    const { ops } = await lane.startWorker();
    await lane.publish({ kind: 'test.pid' });
    t.is((await fetch(`${ops}/readyz`)).status, 200);
    const resumedAt = Date.now();
    await lane.order.publish({ type: 'lane', lane: 'standard', paused: false });
    await lane.untilEnded('succeeded', 1);
    t.true((lane.ended('succeeded')[0]?.at ?? 0) >= resumedAt);
  },
);

test.serial('a stop lets running work end and leaves no process', async (t) => {
  const lane = await useLane(t);
  const { worker } = await lane.startWorker({ STOP_GRACE: '1s' });
  await lane.publish({ kind: 'test.pid' }, { kind: 'test.wait' });
  await lane.untilEnded('succeeded', 1);
  const [result] = lane.ended('succeeded');
  const pid = result?.type === 'succeeded' ? Number(result.result) : 0;
  worker.child.kill('SIGTERM');
  await worker.exited;
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  await lane.startWorker();
  await until(() => lane.ended('started').filter(({ ordinal }) => ordinal === 1).length === 2, {
    timeoutMs: 30_000,
    what: 'what could not end begun again',
  });
});

const worker = fileURLToPath(new URL('./fixtures/worker.ts', import.meta.url));

test.serial('a bad configuration stops the start with every fault named in one message', async (t) => {
  const started = runProcess(t, worker, {
    env: { WORKER_QUEUE: 'lumina_tasks', WORKER_THREADS: 'many', WORKER_PROCESSES: '0' },
  });
  t.is((await started.exited).code, 1);
  for (const name of ['WORKER_QUEUE', 'WORKER_THREADS', 'WORKER_PROCESSES'])
    t.regex(started.output, new RegExp(name));
  t.notRegex(started.output, /\n {4}at /);
});

test.serial('a handler module that cannot be used is named', async (t) => {
  const lane = await useLane(t);
  await t.throwsAsync(lane.startWorker({ WORKER_HANDLERS: './no-such-module.ts' }), {
    message: /no-such-module\.ts/,
  });
});
