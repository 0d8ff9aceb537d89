import { fileURLToPath } from 'node:url';
import {
  heartbeats,
  laneTopics,
  taskIntakeRpc,
  taskResults,
  taskSubmissionSchema,
  workersGroup,
  type Heartbeat,
  type Lane,
  type Principal,
  type SubtaskJob,
  type TaskIntakeRpc,
  type TaskOutcome,
  type TaskSubmission,
  type TaskView,
} from '@backend2/contracts';
import { createMetrics, rpcClient, type TypedRpcClient } from '@backend2/service-kit';
import { createStreams, type Consumer, type Outcome, type Streams, type Topic } from '@backend2/streams';
import {
  inbox,
  runProcess,
  until,
  useRedis,
  type Inbox,
  type RunningProcess,
  type TestPostgres,
  type TestRedis,
  type TestScope,
} from '@backend2/testkit';
import type { ExecutionContext, TestFn } from 'ava';
import { v7 as uuidv7 } from 'uuid';
import { useMigrated } from './migrated-database.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const isReady = (message: unknown): boolean => (message as { type?: unknown }).type === 'ready';
const abort = (): AbortSignal => AbortSignal.timeout(5000);

export interface Intake {
  readonly postgres: TestPostgres;
  readonly redisUrl: string;
  readonly streams: Streams;
  readonly rpc: TypedRpcClient<TaskIntakeRpc>;
  readonly user: Principal;
  readonly first: RunningProcess;
  /** A metric of a task-intake process, the series that hold `labels` added up; 0 while there is none. */
  metric(process: RunningProcess, name: string, labels?: string): Promise<number>;
  /** As the heartbeat of a worker process would say; good for a few seconds. */
  announceWorker(work: Partial<NonNullable<Heartbeat['work']>>): Promise<unknown>;
  /** Another task-intake on the same servers. */
  startProcess(more?: Record<string, string>): Promise<RunningProcess>;
  submit(parts: Partial<TaskSubmission>, principal?: Principal): Promise<TaskView>;
  /** What is broadcast on a topic from now on. */
  hear<T>(topic: Topic<T>): Promise<Inbox<T>>;
  /** A worker in this process: runs each job through `run` on so many slots. */
  startWorker(run: WorkerRun, slots?: number, lane?: Lane): Promise<Consumer>;
  /** A worker whose jobs go on once they are let, and no sooner: so many at a time. */
  startHeldWorker(slots: number): Promise<HeldWorker>;
  /** The task at its end, as its owner sees it: never older than what the owner changed. */
  finished(taskId: string, timeoutMs?: number, owner?: Principal): Promise<TaskView>;
}

interface HeldWorker {
  /** Jobs it has begun. */
  begun(): number;
  release(): void;
}

type WorkerRun = (job: SubtaskJob, attempt: number) => Promise<Partial<TaskOutcome> | void>;

let users = 0;
export const aUser = (role: Principal['role'] = 'user'): Principal => {
  users += 1;
  return { userId: `00000000-0000-4000-8000-${String(users).padStart(12, '0')}`, role };
};

interface Servers extends Pick<Intake, 'postgres' | 'redisUrl' | 'streams' | 'rpc' | 'first'> {
  readonly startProcess: (scope: TestScope, more?: Record<string, string>) => Promise<RunningProcess>;
}

const startServers = async (
  scope: TestScope,
  env: Record<string, string>,
  given?: TestRedis,
): Promise<Servers> => {
  const redis = given ?? (await useRedis(scope));
  const postgres = await useMigrated(scope);
  const streams = createStreams({ connection: { kind: 'single', url: redis.url } });
  await streams.start();
  scope.teardown(() => streams.stop(abort()));
  const startProcess = async (owner: TestScope, more: Record<string, string> = {}) => {
    const child = runProcess(owner, main, {
      env: {
        DATABASE_URL: postgres.primaryUrl,
        DATABASE_REPLICA_URLS: postgres.standbyUrl,
        REDIS_URL: redis.url,
        OPS_PORT: '0',
        ...env,
        ...more,
      },
    });
    await child.message(isReady, 60_000);
    return child;
  };
  const first = await startProcess(scope);
  const client = streams.rpcClient();
  await client.start();
  scope.teardown(() => client.stop(abort()));
  const rpc = rpcClient(client, taskIntakeRpc, { metrics: createMetrics('test') });
  scope.teardown(() => rpc.close());
  return { postgres, redisUrl: redis.url, streams, rpc, first, startProcess };
};

/** task-intake as a process on servers of its own, and this test as its gateway and its workers. @param given a Redis to use. */
export const startIntake = async (
  t: ExecutionContext,
  env: Record<string, string> = {},
  given?: TestRedis,
): Promise<Intake> => intakeOf(t, await startServers(t, env, given));

/**
 * One task-intake for the serial tests of a file, which must leave it running and what they changed for all as it was.
 * Each has a user of its own, and its workers run what it submitted and pass over what others left.
 */
export const sharedIntake = (
  test: TestFn,
  env: Record<string, string> = {},
): ((t: ExecutionContext) => Promise<Intake>) => {
  const releases: Parameters<TestScope['teardown']>[0][] = [];
  const scope: TestScope = { teardown: (release) => void releases.unshift(release) };
  let servers: Promise<Servers> | undefined;
  test.after.always('the shared task-intake', async () => {
    for (const release of releases) await release();
  });
  return async (t) => {
    servers ??= startServers(scope, env);
    return intakeOf(t, await servers, new Set());
  };
};

const intakeOf = (
  t: ExecutionContext,
  { postgres, redisUrl, streams, rpc, first, startProcess }: Servers,
  submitted?: Set<string>,
): Intake => {
  const user = aUser();
  const intake: Intake = {
    postgres,
    redisUrl,
    streams,
    rpc,
    user,
    first,
    startProcess: (more) => startProcess(t, more),
    metric: async (process, name, labels = '') => {
      const { ports } = await process.message<{ ports: { ops: number } }>(isReady);
      const text = await (await fetch(`http://127.0.0.1:${ports.ops}/metrics`)).text();
      const series = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(labels));
      return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    announceWorker: (work) =>
      streams.broadcast(heartbeats).publish({
        service: 'standard-worker',
        instance: 'a-worker',
        host: 'here',
        pid: 1,
        version: 'test',
        state: 'ready',
        startedAt: Date.now(),
        at: Date.now(),
        checks: [],
        work: { lane: 'standard', slots: 8, busy: 3, kinds: [], costlyInputs: {}, ...work },
      }),
    submit: (parts, principal = user) => {
      const taskId = uuidv7();
      submitted?.add(taskId);
      return rpc.call('tasks.create', {
        principal,
        taskId,
        submission: taskSubmissionSchema.parse({
          name: 'a sweep',
          kind: 'http.request',
          input: { url: 'http://localhost/{{n}}' },
          variables: [{ name: 'n', values: [1, 2, 3, 4] }],
          ...parts,
        }),
      });
    },
    hear: async <T>(topic: Topic<T>) => {
      const heard = inbox<T>(`message of ${topic.name}`);
      const ears = streams.broadcast(topic).subscribe({ handler: ({ payload }) => heard.push(payload) });
      await ears.start();
      t.teardown(() => ears.stop(AbortSignal.abort()));
      return heard;
    },
    startWorker: async (run, slots = 16, lane = 'standard') => {
      const base = (job: SubtaskJob, attempt: number) => ({
        taskId: job.taskId,
        ordinal: job.ordinal,
        run: job.run,
        attempt,
        at: Date.now(),
      });
      const consumer = streams.consumer(laneTopics[lane], {
        group: workersGroup,
        concurrency: slots,
        leaseMs: 2000,
        backoff: { baseMs: 10, maxMs: 20 },
        handler: async ({ payload: job, attempt }): Promise<Outcome> => {
          if (submitted?.has(job.taskId) === false) return { kind: 'done' };
          await streams
            .publisher(taskResults)
            .publish({ type: 'started', ...base(job, attempt), worker: 'test' });
          const said = (await run(job, attempt)) ?? {};
          const payload = {
            type: 'succeeded',
            ...base(job, attempt),
            result: null,
            artifacts: [],
            durationMs: 1,
            ...said,
          };
          const emit = [{ topic: taskResults, payload }];
          return payload.type === 'retrying'
            ? { kind: 'retry', error: 'again', emit }
            : { kind: 'done', emit };
        },
      });
      await consumer.start();
      t.teardown(() => consumer.stop(AbortSignal.abort()));
      return consumer;
    },
    startHeldWorker: async (slots) => {
      const gate = Promise.withResolvers<void>();
      let begun = 0;
      await intake.startWorker(async () => {
        begun += 1;
        await gate.promise;
      }, slots);
      // Before the worker stops, which waits for what it runs.
      t.teardown(() => gate.resolve());
      return { begun: () => begun, release: () => gate.resolve() };
    },
    finished: (taskId, timeoutMs = 30_000, owner = user) =>
      until(
        async () => {
          const task = await rpc.call('tasks.get', { principal: owner, taskId });
          return task.finishedAt === null ? undefined : task;
        },
        { timeoutMs, what: `task ${taskId} finished` },
      ),
  };
  return intake;
};
