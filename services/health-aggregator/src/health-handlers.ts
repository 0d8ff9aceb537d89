import { DomainError, type HealthAggregatorRpc, type RpcHandlers } from '@backend2/contracts';
import type { Streams } from '@backend2/streams';
import { watchedTopics } from './adapters/watched-topics.ts';
import { deadConsumers } from './domain/stream-findings.ts';

/** Who works each stream off, looked up when asked. */
export const healthHandlers = (streams: Streams): RpcHandlers<HealthAggregatorRpc> => ({
  'consumers.list': async ({ principal }) => {
    if (principal.role !== 'admin')
      throw new DomainError('denied', 'admin_only', 'Only an admin may do this.');
    const views = await Promise.all(watchedTopics.map(({ topic, group }) => streams.inspect(topic, group)));
    return {
      items: views.map(({ partitions: _each, ...view }) => {
        const dead = new Set(deadConsumers(view).map(({ name }) => name));
        return {
          ...view,
          consumers: view.consumers.map((consumer) => ({ ...consumer, dead: dead.has(consumer.name) })),
        };
      }),
    };
  },
});
