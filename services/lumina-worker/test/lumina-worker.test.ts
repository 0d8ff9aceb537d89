import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  laneTopics,
  subtaskJobId,
  taskResults,
  workersGroup,
  type Lane,
  type TaskResult,
} from '@backend2/contracts';
import { createStreams } from '@backend2/streams';
import { runProcess, until, useRedis } from '@backend2/testkit';
import test from 'ava';

const job = {
  taskId: '0192f0c1-0000-7000-8000-00000000000c',
  ordinal: 0,
  run: 1,
  kind: 'image.generate',
  input: {
    prompts: [{ value: 'a heavy picture' }],
    engineOptions: { width: 128, height: 96, format: 'webp' },
  },
  timeoutMs: 30_000,
  maxAttempts: 1,
};

test('the lumina worker takes its own lane and leaves the standard one alone', async (t) => {
  const redis = await useRedis(t);
  const folder = mkdtempSync(join(tmpdir(), 'backend2-lumina-'));
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
  const publish = (lane: Lane) => streams.publisher(laneTopics[lane]).publish(job, { id: subtaskJobId(job) });
  await publish('standard');

  const worker = runProcess(t, fileURLToPath(new URL('../src/main.ts', import.meta.url)), {
    env: { REDIS_URL: redis.url, ARTIFACTS_DIR: folder, OPS_PORT: '0', LUMINA_WORKER_PROCESSES: '1' },
  });
  await worker.message((message) => (message as { type?: unknown }).type === 'ready');
  await publish('lumina');
  await until(() => results.some(({ type }) => type === 'succeeded'), { timeoutMs: 30_000 });

  const [succeeded] = results.filter(({ type }) => type === 'succeeded');
  if (succeeded?.type !== 'succeeded') return t.fail();
  const [picture] = succeeded.artifacts;
  t.deepEqual(
    [picture?.contentType, picture?.width, picture?.height, succeeded.artifacts.length],
    ['image/webp', 128, 96, 1],
  );
  t.is((await streams.inspect(laneTopics.standard, workersGroup)).length, 1);
  t.is((await streams.inspect(laneTopics.lumina, workersGroup)).length, 0);
});
