import { type TestScope, until } from '@backend2/testkit';
import {
  createStreams,
  type Lifecycle,
  type RedisConnection,
  type Streams,
  type StreamsOptions,
  type Topic,
} from '../../src/index.ts';

export interface Numbered {
  readonly n: number;
}

/** A topic of `{ n }`, whose parse refuses anything else. */
export const numbered = (name: string, options: Partial<Topic<Numbered>> = {}): Topic<Numbered> => ({
  name,
  parse: (value) => {
    const { n } = value as Numbered;
    if (typeof n !== 'number') throw new TypeError('n is not a number');
    return { n };
  },
  ...options,
});

/** @param redis a single server by its URL, or a connection of any form. */
export const openStreams = async (
  t: TestScope,
  redis: string | RedisConnection,
  options: Omit<StreamsOptions, 'connection'> = {},
): Promise<Streams> => {
  const connection = typeof redis === 'string' ? ({ kind: 'single', url: redis } as const) : redis;
  const streams = createStreams({ connection, ...options });
  await running(t, streams);
  return streams;
};

/** Starts it, and stops it hard at the end of the test, whose own failure must be told even where that never ends. */
export const running = async <L extends Lifecycle>(t: TestScope, service: L): Promise<L> => {
  await service.start();
  t.teardown(async () => {
    const stopped = service.stop(AbortSignal.abort()).then(() => true);
    await until(() => stopped, { what: `the stop of the ${service.name}`, timeoutMs: 15_000 });
  });
  return service;
};

/** A promise with its handle outside. */
export const gate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};
