import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { laneTopics, taskResults, type TaskResult } from '@backend2/contracts';
import { createStreams } from '@backend2/streams';
import { runProcess, until, useRedis } from '@backend2/testkit';
import test from 'ava';

test('the lane lumina has workers of its own, which leave the other lane alone', async (t) => {
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
  const worker = runProcess(t, fileURLToPath(new URL('../src/main.ts', import.meta.url)), {
    env: {
      REDIS_URL: redis.url,
      ARTIFACTS_DIR: folder,
      OPS_PORT: '0',
      WORKER_PROCESSES: '1',
      WORKER_THREADS: '1',
    },
  });
  await worker.line(/"ops":\d+.*"msg":"ready"/);
  const job = (ordinal: number) => ({
    taskId: '0192f0c1-0000-7000-8000-00000000000b',
    ordinal,
    run: 1,
    kind: 'image.generate',
    input: { prompts: [{ value: 'a harbour at night' }] },
    timeoutMs: 60_000,
    maxAttempts: 1,
  });
  await streams.publisher(laneTopics.standard).publish(job(0));
  await streams.publisher(laneTopics.lumina).publish(job(1));
  await until(() => results.some(({ type }) => type === 'succeeded'), { timeoutMs: 30_000 });
  t.deepEqual([...new Set(results.map(({ ordinal }) => ordinal))], [1]);
});
