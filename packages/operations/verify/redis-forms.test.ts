import { askServer, startOwnPostgres, until, useCluster, useSentinel } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { startCountingTarget } from '../test/counting-target.ts';
import { createAdmin, migrateDatabase, startSystem } from '../test/start-system.ts';
import { startSubmitters, untilAccepted } from '../test/submitters.ts';
import { shippedRedis, type ShippedRedis } from './shipped-redis.ts';

interface Form {
  readonly environment: Readonly<Record<string, string>>;
  /** Ends a master for good; resolves when another has its place. */
  loseMaster(): Promise<void>;
}

const endpoints = (list: readonly { readonly host: string; readonly port: number }[]): string =>
  list.map(({ host, port }) => `${host}:${port}`).join();

/** Each by the files of infra/redis, with a user for each service. */
const forms: Readonly<Record<string, (t: ExecutionContext, shipped: ShippedRedis) => Promise<Form>>> = {
  Sentinel: async (t, shipped) => {
    const sentinel = await useSentinel(t, {
      // A master without a replica takes no writes, and one of them becomes the master.
      replicas: 2,
      data: { ...shipped, settings: shipped.dataSettings('redis.conf') },
      replica: shipped.dataSettings('replica.conf'),
      sentinel: shipped.sentinelSettings(),
    });
    const { connection } = sentinel;
    return {
      environment: {
        REDIS_SENTINELS: endpoints(connection.sentinels),
        REDIS_SENTINEL_MASTER: connection.master,
      },
      loseMaster: async () => {
        const first = await sentinel.master();
        await first.kill();
        await sentinel.successorOf(first);
        // It comes back as a replica of the other, which it signs in to.
        await first.start();
        await until(
          async () =>
            /master_link_status:up/.test(await askServer(first, (client) => client.info('replication'))),
          { timeoutMs: 60_000, what: 'the former master following its successor' },
        );
      },
    };
  },
  Cluster: async (t, shipped) => {
    const cluster = await useCluster(t, {
      ...shipped,
      deaths: true,
      settings: shipped.dataSettings('cluster.conf'),
    });
    const lane = 'app:{standard_tasks}';
    return {
      environment: { REDIS_CLUSTER_NODES: endpoints(cluster.connection.nodes) },
      loseMaster: async () => {
        const holder = await cluster.masterOf(lane);
        await holder.kill();
        await cluster.successorOf(holder, lane);
      },
    };
  },
};

for (const [name, start] of Object.entries(forms)) {
  test.serial(
    `on a ${name} whose master is killed under load the services go on and finish every accepted task`,
    async (t) => {
      t.timeout(600_000);
      const target = await startCountingTarget(t, { workMs: 20 });
      const shipped = shippedRedis(t);
      const [postgres, form] = await Promise.all([startOwnPostgres(t), start(t, shipped)]);
      const env = {
        DATABASE_URL: postgres.primary.url,
        DATABASE_REPLICA_URLS: postgres.standby?.url ?? '',
        ...form.environment,
        SECRET_KEY: 'a secret of this test alone, and long enough',
        HTTP_PRIVATE_HOSTS: target.host,
        RATE_LIMIT: '0',
      };
      await migrateDatabase(t, env);
      const { client } = await startSystem(t, env, await createAdmin(t, env), (service) => ({
        REDIS_URL: `redis://${service}:${shipped.passwordOf(service)}@by-the-form:6379`,
      }));

      const submit = untilAccepted(client);
      const submitters = startSubmitters(target.url, [submit, submit]);
      await submitters.accept(20, 'the start');
      await form.loseMaster();
      await submitters.accept(20, 'the loss of a master');
      await submitters.stop();
      const { tasks, subtasks } = await submitters.demandSuccess(t, client);
      t.true(target.counts.size >= subtasks);
      // At least once: replication is asynchronous, so what the dead master alone knew runs again.
      const twice = [...target.counts.values()].filter((count) => count > 1).length;
      t.log(`${tasks} tasks, ${subtasks} subtasks, ${twice} of them run again`);
    },
  );
}
