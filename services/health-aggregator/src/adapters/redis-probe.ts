import { metricNames, type Metrics } from '@backend2/service-kit';
import type { RedisClient, Streams } from '@backend2/streams';
import { finding } from '../domain/finding.ts';
import type { Probe } from '../domain/probe.ts';

const almostFull = 0.9;

const numberOf = (info: string, name: string): number =>
  Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);

/** That Redis takes a write: full of data it still answers PING. And how full it is. */
export const redisProbe = (streams: Streams, client: RedisClient, metrics: Metrics): Probe => {
  const memory = metrics.gauge(metricNames.redisMemory, 'Bytes Redis uses');
  const limit = metrics.gauge(metricNames.redisMemoryMax, 'Bytes Redis may use; 0 is no limit');
  return {
    name: 'redis',
    look: async (at) => {
      const begun = performance.now();
      await streams.checkWritable();
      const ms = Math.round(performance.now() - begun);
      const info = await client.info('memory');
      const used = numberOf(info, 'used_memory');
      const most = numberOf(info, 'maxmemory');
      memory.set(used);
      limit.set(most);
      const full = most > 0 && used > most * almostFull;
      return [
        finding('redis:write', 'pass', at, {
          componentType: 'datastore',
          observedValue: ms,
          observedUnit: 'ms',
        }),
        finding('redis:memory', full ? 'warn' : 'pass', at, {
          componentType: 'datastore',
          observedValue: used,
          observedUnit: 'bytes',
          ...(full && { output: `Redis uses ${Math.round((100 * used) / most)} % of its maxmemory` }),
        }),
      ];
    },
    onFailure: (why, at) => [finding('redis:write', 'fail', at, { componentType: 'datastore', output: why })],
  };
};
