import type { Redis } from 'ioredis';
import { hostname } from 'node:os';
import { type Delivered, fromRead } from './delivered.ts';
import type { Engine } from './engine.ts';
import { RedisUnavailableError, RpcRemoteError, RpcTimeoutError } from './errors.ts';
import { decodeCore, encodeCore, entryText } from './envelope.ts';
import { drawInstanceName, drawMessageId } from './message-id.ts';
import { payloadJson } from './outgoing.ts';
import { encodeRequest, isTimeout, parseReply, repliesPrefix } from './rpc-wire.ts';
import { topicKeys } from './topic-keys.ts';
import type { RpcClient } from './types.ts';
import { WatchedReader } from './watched-reader.ts';

interface Call {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const readMost = 200;
const blockMs = 1000;

/** Calls over streams: requests go to the server's stream, replies come to one of this instance's own. */
export class StreamRpcClient implements RpcClient {
  readonly name = 'rpc client';
  readonly #engine: Engine;
  readonly #replyTo = repliesPrefix + drawInstanceName(hostname());
  readonly #calls = new Map<string, Call>();
  readonly #reader: WatchedReader<readonly Delivered[]>;
  #read: string[] = [];
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#reader = new WatchedReader(engine, {
      what: this.#replyTo,
      blockMs,
      read: (client) => this.#readReplies(client),
      take: (replies) => this.#take(replies),
    });
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error('The RPC client was started before.');
    await this.#reader.start();
    this.#state = 'running';
  }

  /** Calls under way are waited for until `hard` aborts. */
  async stop(hard?: AbortSignal): Promise<void> {
    if (this.#state !== 'running') {
      this.#state = 'stopped';
      await this.#reader.stop();
      return;
    }
    this.#state = 'stopped';
    if (this.#calls.size > 0 && !hard?.aborted) {
      await new Promise<void>((resolve) => {
        this.#allDone = resolve;
        hard?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    for (const { reject } of this.#calls.values()) reject(new Error('The RPC client was stopped.'));
    this.#calls.clear();
    await this.#reader.stop();
    await this.#engine.commands.del(this.#replyKey()).catch((error: unknown) => {
      this.#engine.warn('removing the reply stream failed; it expires by itself', { error: String(error) });
    });
  }
  #allDone: (() => void) | undefined;

  async call(
    server: string,
    method: string,
    params: unknown,
    options: { readonly timeoutMs: number; readonly trace?: string; readonly signal?: AbortSignal },
  ): Promise<unknown> {
    if (this.#state !== 'running') throw new Error('The RPC client is not running.');
    if (!isTimeout(options.timeoutMs)) {
      throw new RangeError(
        `An RPC's timeoutMs is a number of milliseconds, and not ${String(options.timeoutMs)}.`,
      );
    }
    options.signal?.throwIfAborted();
    const id = drawMessageId();
    const startedAt = performance.now();
    let outcome = 'ok';
    try {
      return await this.#exchange(id, server, method, params, options);
    } catch (error) {
      outcome =
        error instanceof RpcRemoteError
          ? error.code
          : error instanceof RpcTimeoutError
            ? 'timeout'
            : 'failed';
      throw error;
    } finally {
      this.#calls.delete(id);
      if (this.#calls.size === 0) this.#allDone?.();
      this.#engine.observer.rpc?.({
        server,
        method,
        side: 'client',
        outcome,
        ms: performance.now() - startedAt,
      });
    }
  }

  async #exchange(
    id: string,
    server: string,
    method: string,
    params: unknown,
    options: { readonly timeoutMs: number; readonly trace?: string; readonly signal?: AbortSignal },
  ): Promise<unknown> {
    const { timeoutMs, trace, signal } = options;
    const stream = topicKeys(this.#engine.prefix, server, 0).stream;
    const head = encodeCore({ id, attempt: 1, maxAttempts: 0, trace, history: [] });
    const request = encodeRequest({ method, params, replyTo: this.#replyTo, timeoutMs });
    const text = entryText(head, payloadJson(request));
    let timer: NodeJS.Timeout | undefined;
    let abandon: (() => void) | undefined;
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      timer = setTimeout(() => reject(new RpcTimeoutError(server, method, timeoutMs)), timeoutMs);
      abandon = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', abandon, { once: true });
    });
    const sent = this.#engine.commands.xadd(stream, '*', 'm', text);
    sent.catch((cause: unknown) =>
      this.#calls.get(id)?.reject(new RedisUnavailableError(`calling "${server}"`, cause)),
    );
    try {
      return await answered;
    } catch (error) {
      // Nobody waits for it any more: what no server has taken yet is taken back.
      if (!(error instanceof RpcRemoteError)) void this.#withdraw(stream, sent);
      throw error;
    } finally {
      clearTimeout(timer);
      if (abandon) signal?.removeEventListener('abort', abandon);
    }
  }

  async #withdraw(stream: string, sent: Promise<string | null>): Promise<void> {
    try {
      const entryId = await sent;
      if (entryId !== null) await this.#engine.commands.xdel(stream, entryId);
    } catch (error) {
      this.#engine.warn('withdrawing an RPC failed; its server drops it', { error: String(error) });
    }
  }

  #replyKey(): string {
    return topicKeys(this.#engine.prefix, this.#replyTo, 0).stream;
  }

  /** Replies are deleted once read, so reading always begins at the start and no flush or clock can hide one. */
  async #readReplies(client: Redis): Promise<readonly Delivered[]> {
    const key = this.#replyKey();
    if (this.#read.length > 0) await client.xdel(key, ...this.#read);
    this.#read = [];
    return fromRead(await client.xread('COUNT', readMost, 'BLOCK', blockMs, 'STREAMS', key, '0'));
  }

  #take(replies: readonly Delivered[]): void {
    for (const { entryId, head, payload } of replies) {
      this.#read.push(entryId);
      const call = this.#calls.get(decodeCore(head).id);
      if (!call) continue;
      try {
        const { result, error } = parseReply(JSON.parse(payload));
        if (error) call.reject(new RpcRemoteError(error));
        else call.resolve(result);
      } catch (error) {
        call.reject(error);
      }
    }
  }
}
