import { askServer, type TestScope, until } from '@backend2/testkit';
import { type RedisConnection, RedisUnavailableError, type Topic } from '../../src/index.ts';
import { numbered, openStreams, running, type Numbered } from './streams.ts';

export interface FailoverOptions {
  readonly connection: RedisConnection;
  readonly topic: Topic<Numbered>;
  /** Of the keys whose master dies, one that a test may write. */
  readonly fence: string;
  /** The server to die. */
  readonly master: { readonly url: string; kill(): Promise<void> };
  /** Resolves when another has taken its place. */
  readonly takenOver: () => Promise<unknown>;
  readonly timeoutMs?: number;
}

export interface FailoverReport {
  /** Numbers whose publishing was acknowledged and which a replica had before the master died. */
  readonly safe: ReadonlySet<number>;
  readonly acknowledged: ReadonlySet<number>;
  /** Acknowledged, and gone with the server that died. */
  readonly lost: readonly number[];
  /** Results of each number before its owner was asked to help. */
  readonly results: ReadonlyMap<number, number>;
  /** Results of each number after the owner published again what was lost. */
  readonly repaired: ReadonlyMap<number, number>;
  readonly lossesTold: readonly { readonly topic: string; readonly group: string }[];
  /** Acknowledged after another server had taken over. */
  readonly after: number;
}

const group = 'workers';
const publishers = 4;

/**
 * Two consumers work off what four publishers write without a pause; some of it is delayed and some fails once. The
 * master dies in the midst; another takes over and the work goes on. What each message leaves is a result.
 */
export const workThroughFailover = async (
  t: TestScope,
  options: FailoverOptions,
): Promise<FailoverReport> => {
  const { connection, topic, timeoutMs = 60_000 } = options;
  const streams = await openStreams(t, connection);
  const outcome = numbered(`${topic.name}-results`, { partitions: topic.partitions ?? 1 });
  const lossesTold: { topic: string; group: string }[] = [];
  for (let index = 0; index < 2; index++) {
    await running(
      t,
      streams.consumer(topic, {
        group,
        concurrency: 8,
        leaseMs: 5000,
        onDataLost: (loss) => lossesTold.push(loss),
        handler: async ({ payload, attempt }) => {
          if (payload.n % 7 === 0 && attempt === 1) {
            return { kind: 'retry', error: new Error('not yet'), afterMs: 300 };
          }
          return { kind: 'done', emit: [{ topic: outcome, payload }] };
        },
      }),
    );
  }

  const publisher = streams.publisher(topic);
  const acknowledged = new Set<number>();
  let next = 0;
  let publishing = true;
  t.teardown(() => {
    publishing = false;
  });
  const publish = async (): Promise<void> => {
    while (publishing) {
      const n = next++;
      try {
        await publisher.publish({ n }, n % 5 === 0 ? { delayMs: 500 } : {});
        acknowledged.add(n);
      } catch (error) {
        // Its owner would say it again; here it may have been written or not, and nobody counts on it.
        if (!(error instanceof RedisUnavailableError)) throw error;
      }
    }
  };
  const load = Array.from({ length: publishers }, publish);
  const moving = async (from: number, what: string): Promise<void> => {
    await until(() => acknowledged.size >= from + 200, { timeoutMs, what });
  };
  await moving(0, 'messages published');
  const safe = new Set(acknowledged);
  await askServer(options.master, async (client) => {
    await client.set(options.fence, '1');
    await until(() => client.wait(1, 1000), { timeoutMs, what: 'a replica that has all up to here' });
  });
  await options.master.kill();
  await options.takenOver();
  const before = acknowledged.size;
  await moving(before, 'messages published after the failover');
  publishing = false;
  await Promise.all(load);

  const results = async (): Promise<Map<number, number>> => {
    await until(
      async () => {
        const { length, delayed } = await streams.inspect(topic, group);
        return length + delayed === 0;
      },
      { timeoutMs, what: 'all done' },
    );
    const counts = new Map<number, number>();
    for await (const { payload } of streams.contents(outcome)) {
      counts.set(payload.n, (counts.get(payload.n) ?? 0) + 1);
    }
    return counts;
  };
  const found = await results();
  const lost = [...acknowledged].filter((n) => !found.has(n));
  await publisher.publishMany(lost.map((n) => ({ payload: { n } })));
  const repaired = await results();
  await until(() => lossesTold.length > 0, { timeoutMs, what: 'the owner told' });
  return {
    safe,
    acknowledged,
    lost,
    results: found,
    repaired,
    lossesTold,
    after: acknowledged.size - before,
  };
};
