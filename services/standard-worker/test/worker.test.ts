import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  control,
  laneTopics,
  subtaskJobId,
  taskResults,
  type SubtaskJob,
  type TaskResult,
} from '@backend2/contracts';
import { createStreams, type Streams } from '@backend2/streams';
import { runProcess, until, useRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';

const taskId = '0192f0c1-0000-7000-8000-00000000000a';
const job = (ordinal: number, parts: Partial<SubtaskJob> = {}): SubtaskJob => ({
  taskId,
  ordinal,
  run: 1,
  kind: 'image.generate',
  input: { prompts: [{ value: `a lake in autumn ${ordinal}` }], seed: ordinal },
  timeoutMs: 60_000,
  maxAttempts: 3,
  ...parts,
});

const setUp = async (t: ExecutionContext) => {
  const redis = await useRedis(t);
  const folder = mkdtempSync(join(tmpdir(), 'backend2-artifacts-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const streams = createStreams({ connection: { kind: 'single', url: redis.url } });
  await streams.start();
  t.teardown(() => streams.stop());
  const results: TaskResult[] = [];
  const recorder = streams.batchConsumer(taskResults, {
    group: 'recorder',
    handler: async (messages) => void results.push(...messages.map(({ payload }) => payload)),
  });
  await recorder.start();
  t.teardown(() => recorder.stop(AbortSignal.abort()));
  const startWorker = async (env: Record<string, string> = {}) => {
    const worker = runProcess(t, fileURLToPath(new URL('../src/main.ts', import.meta.url)), {
      env: {
        REDIS_URL: redis.url,
        ARTIFACTS_DIR: folder,
        OPS_PORT: '0',
        WORKER_PROCESSES: '2',
        WORKER_THREADS: '2',
        WORKER_LEASE: '1s',
        ...env,
      },
    });
    const { ports } = await worker.message<{ ports: { ops: number } }>(
      (message) => (message as { type?: unknown }).type === 'ready',
    );
    return { worker, ops: `http://127.0.0.1:${ports.ops}` };
  };
  const ended = (type: TaskResult['type']) => results.filter((result) => result.type === type);
  return { streams, folder, results, ended, startWorker };
};

const publish = (streams: Streams, jobs: SubtaskJob[]) =>
  streams.publisher(laneTopics.standard).publishMany(
    jobs.map((payload) => ({
      payload,
      options: { id: subtaskJobId(payload), maxAttempts: payload.maxAttempts },
    })),
  );

test('a worker killed with -9 in the middle of its work loses nothing', async (t) => {
  const { streams, folder, ended, startWorker } = await setUp(t);
  const first = await startWorker();
  await publish(
    streams,
    Array.from({ length: 12 }, (_, ordinal) => job(ordinal)),
  );
  await until(() => ended('succeeded').length > 0, { timeoutMs: 30_000 });
  first.worker.kill('SIGKILL');
  await startWorker();
  await until(() => new Set(ended('succeeded').map(({ ordinal }) => ordinal)).size === 12, {
    timeoutMs: 60_000,
  });
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  t.true(files.length >= 12);
});

test('what cannot succeed fails for good with its reason', async (t) => {
  const { streams, ended, startWorker } = await setUp(t);
  const { ops, worker } = await startWorker();
  await publish(streams, [
    job(0, { kind: 'no.such' }),
    job(1, { input: { prompts: [] } }),
    job(2, {
      timeoutMs: 100,
      maxAttempts: 1,
      input: { prompts: [{ value: 'slow' }], ratio: '1:1', polish: true },
    }),
  ]);
  await until(() => ended('failed').length === 3, { timeoutMs: 30_000 });
  const reasons = new Map(
    ended('failed').map((result) => [result.ordinal, 'error' in result ? result.error : null]),
  );
  t.regex(reasons.get(0)?.message ?? '', /knows no kind "no\.such"/);
  t.regex(reasons.get(1)?.message ?? '', /\/input\/prompts/);
  t.is(reasons.get(2)?.code, 'timeout');
  t.is((await fetch(`${ops}/readyz`)).status, 200);
  t.regex(
    await (await fetch(`${ops}/metrics`)).text(),
    /backend2_stream_settled_total\{[^}]*standard_tasks[^}]*\} 3/,
  );
  worker.kill('SIGTERM');
  t.deepEqual(await worker.exited, { code: 0, signal: null });
});

test('as many processes as configured work, each on as many subtasks at once as it has slots', async (t) => {
  const held = new Set<ServerResponse>();
  let most = 0;
  let open = false;
  const server = createServer((_request, response) => {
    held.add(response.once('close', () => held.delete(response)));
    most = Math.max(most, held.size);
    if (open) response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { streams, ended, startWorker } = await setUp(t);
  await publish(
    streams,
    Array.from({ length: 12 }, (_, ordinal) =>
      job(ordinal, { kind: 'http.request', input: { method: 'GET', url: `http://${host}/` } }),
    ),
  );
  await startWorker({ WORKER_PROCESSES: '3', WORKER_THREADS: '2', HTTP_PRIVATE_HOSTS: host });
  await until(() => held.size === 6 && ended('started').length === 6, { timeoutMs: 30_000 });
  const slots = Map.groupBy(ended('started'), (result) => result.type === 'started' && result.worker);
  t.deepEqual(
    [...slots.values()].map(({ length }) => length),
    [2, 2, 2],
  );
  open = true;
  for (const response of held) response.end();
  await until(() => ended('succeeded').length === 12, { timeoutMs: 30_000 });
  t.is(most, 6);
});

test('a cancel stops running work and drops what waits, also for a worker that starts later', async (t) => {
  const { streams, ended, startWorker } = await setUp(t);
  await streams.broadcast(control).publish({ type: 'cancel', taskId, upToRun: 1 });
  await publish(streams, [job(0), job(1)]);
  await startWorker();
  await until(() => ended('cancelled').length === 2, { timeoutMs: 30_000 });
  await publish(streams, [job(0, { run: 2 })]);
  await until(() => ended('succeeded').length === 1, { timeoutMs: 30_000 });
  t.deepEqual(
    ended('started').filter(({ run }) => run === 1),
    [],
  );
});
