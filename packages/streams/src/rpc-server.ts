import type { Engine } from './engine.ts';
import { encodeCore, entryText, errorText } from './envelope.ts';
import type { Outgoing } from './outgoing.ts';
import { payloadJson } from './outgoing.ts';
import { encodeReply, parseRequest, type RpcRequest } from './rpc-wire.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { topicKeys } from './topic-keys.ts';
import type { Consumer, RpcServerOptions, Topic, WireError } from './types.ts';

const replyExpiryMs = 300_000;
const repliesKept = 10_000;
const leaseMs = 10_000;
const hidden: WireError = { code: 'internal', message: 'The server failed on this request.' };

/** Answers requests; each is run at most until its deadline, and a request past it is dropped unanswered. */
export const createRpcServer = (engine: Engine, options: RpcServerOptions): Consumer => {
  const topic: Topic<RpcRequest> = { name: options.name, parse: parseRequest };

  const replyTo = (request: RpcRequest, id: string, payload: string): Outgoing => ({
    key: topicKeys(engine.prefix, request.replyTo, 0).stream,
    text: entryText(encodeCore({ id, attempt: 1, maxAttempts: 0, trace: undefined, history: [] }), payload),
    keep: repliesKept,
    expiryMs: replyExpiryMs,
  });

  const answer = async (
    request: RpcRequest,
    signal: AbortSignal,
    trace: string | undefined,
  ): Promise<string> => {
    const startedAt = performance.now();
    let outcome = 'ok';
    try {
      const result = await options.handler(request.method, request.params, { signal, trace });
      return payloadJson(encodeReply({ result }));
    } catch (error) {
      const wire = options.encodeError?.(error) ?? hidden;
      if (wire === hidden) {
        engine.warn('an RPC handler failed', {
          server: options.name,
          method: request.method,
          error: error instanceof Error ? (error.stack ?? error.message) : errorText(error),
        });
      }
      outcome = wire.code;
      return payloadJson(encodeReply({ error: wire }));
    } finally {
      engine.observer.rpc?.({
        server: options.name,
        method: request.method,
        side: 'server',
        outcome,
        ms: performance.now() - startedAt,
      });
    }
  };

  const consumer: StreamConsumer<RpcRequest> = new StreamConsumer(engine, topic, {
    group: options.group,
    concurrency: options.concurrency ?? 16,
    leaseMs,
    maxAttempts: 1,
    handler: async ({ id, payload: request, publishedAt, trace }, context) => {
      const leftMs = publishedAt + request.timeoutMs - (consumer.redisNow() ?? publishedAt);
      if (leftMs <= 0) return { kind: 'done' };
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(new Error('The caller has given up.')), leftMs);
      try {
        const reply = await answer(request, AbortSignal.any([deadline.signal, context.signal]), trace);
        return { kind: 'done', append: [replyTo(request, id, reply)] };
      } finally {
        clearTimeout(timer);
      }
    },
    discardDead: true,
  });
  return consumer;
};
