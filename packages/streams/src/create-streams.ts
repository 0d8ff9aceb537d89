import { BatchConsumer } from './batch-consumer.ts';
import { topicContents } from './contents.ts';
import { createEngine } from './engine.ts';
import { RedisUnavailableError } from './errors.ts';
import { inspectTopic } from './inspector.ts';
import { drawMessageId } from './message-id.ts';
import { TopicPublisher } from './publisher.ts';
import { StreamRpcClient } from './rpc-client.ts';
import { createRpcServer } from './rpc-server.ts';
import { StreamBroadcast } from './stream-broadcast.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { StreamDeadLetters } from './stream-dead-letters.ts';
import type { Streams, StreamsOptions } from './types.ts';

/**
 * One process's hold on Redis. Nothing connects before `start`, or the first command.
 * Stop consumers, subscriptions and RPC sides before this, which closes the connection they settle over.
 */
export const createStreams = (options: StreamsOptions): Streams => {
  const engine = createEngine(options);
  let state: 'new' | 'started' | 'stopped' = 'new';
  return {
    name: 'streams',

    async start() {
      if (state !== 'new') return;
      try {
        await engine.commands.ping();
      } catch (cause) {
        engine.commands.disconnect();
        throw new RedisUnavailableError('connecting', cause);
      }
      state = 'started';
    },

    async stop() {
      if (state === 'stopped') return;
      state = 'stopped';
      engine.commands.disconnect();
    },

    publisher: (topic) => new TopicPublisher(engine, topic),
    consumer: (topic, consumer) => new StreamConsumer(engine, topic, consumer),
    batchConsumer: (topic, consumer) => new BatchConsumer(engine, topic, consumer),
    rpcServer: (server) => createRpcServer(engine, server),
    rpcClient: () => new StreamRpcClient(engine),
    broadcast: (topic) => new StreamBroadcast(engine, topic),
    inspect: (topic, group) => inspectTopic(engine, topic, group),
    deadLetters: (topic) => new StreamDeadLetters(engine, topic),
    contents: (topic) => topicContents(engine, topic),

    async checkWritable() {
      const key = `${engine.prefix}{writable}:${drawMessageId()}`;
      try {
        await engine.commands.set(key, '1', 'PX', 10_000);
        await engine.commands.del(key);
      } catch (cause) {
        throw new RedisUnavailableError('trying a write', cause);
      }
    },
  };
};
