import { createHash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress } from 'node:zlib';
import { DomainError } from '@backend2/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Log } from '@backend2/service-kit';
import { HttpError } from './http-error.ts';
import type { Call, Route } from './route.ts';

interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Begun =
  /** The caller's to carry out, under `token`; what it creates is to have the id `id`, the same at every try. */
  | { readonly kind: 'yours'; readonly id: string }
  | { readonly kind: 'running' }
  | { readonly kind: 'differs' }
  | { readonly kind: 'done'; readonly answer: string };

/** Where the fate of idempotency keys is kept, shared by all gateways. */
export interface IdempotencyStore {
  /** Takes the key unless somebody has it. `lockMs` after a taker fell silent another may go on in its place. */
  begin(key: string, fingerprint: string, token: string, id: string, lockMs: number): Promise<Begun>;
  finish(key: string, token: string, answer: string): Promise<void>;
  /** Gives the key back as if it had never been used. */
  release(key: string, token: string): Promise<void>;
  /** Lets another go on in the taker's place at once. */
  yield(key: string, token: string): Promise<void>;
}

export interface Idempotency {
  run(route: Route, call: Call<unknown, unknown, unknown>, work: () => Promise<void>): Promise<void>;
}

/** Longer than any request that creates something may take. */
const lockMs = 60_000;
const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** The id that what an idempotent request creates is to have. */
export const idOf = (call: Call<unknown, unknown, unknown>): string | undefined =>
  (call.response.locals as { idempotentId?: string }).idempotentId;

/** `Idempotency-Key`: the first request with a key does the work, every other gets its answer. */
export const idempotency = (store: IdempotencyStore, log: Log): Idempotency => ({
  run: async (route, call, work) => {
    const given = call.request.get('idempotency-key');
    if (given === undefined) return work();
    const { response, claims } = call;
    const key = digest(`${claims.userId}\n${route.method} ${route.path}\n${keyOf(given)}`);
    const token = randomUUID();
    const begun = await store
      .begin(key, digest(canonical({ params: call.params, body: call.body })), token, uuidv7(), lockMs)
      .catch((cause: unknown) => {
        throw unavailable(cause);
      });
    switch (begun.kind) {
      case 'running':
        throw new DomainError(
          'conflict',
          'idempotency_key_in_use',
          'A request with this Idempotency-Key is being carried out. Try again when it is done.',
        );
      case 'differs':
        throw new DomainError(
          'invalid',
          'idempotency_key_reused',
          'This Idempotency-Key was used with another body. Draw a new key for a new request.',
        );
      case 'done': {
        const body = await decompress(Buffer.from(begun.answer, 'base64'));
        const kept = JSON.parse(body.toString('utf8')) as KeptAnswer;
        response.status(kept.status).set(kept.headers).set('idempotent-replayed', 'true');
        response.type('json').send(kept.body);
        return;
      }
      case 'yours':
    }
    Object.assign(response.locals, { idempotentId: begun.id });
    const settle = (settling: Promise<void>): Promise<void> =>
      settling.catch((error: unknown) => log.warn({ err: error }, 'an idempotency key was not settled'));
    try {
      const { kept, send } = await capture(call, work);
      const packed = await compress(JSON.stringify(kept));
      await settle(store.finish(key, token, packed.toString('base64')));
      send();
    } catch (error) {
      // What is known not to have happened frees its key; otherwise the next try goes on under the same id.
      const refused = error instanceof DomainError && error.kind !== 'unavailable';
      await settle(refused ? store.release(key, token) : store.yield(key, token));
      throw error;
    }
  },
});

/** Runs the work and holds back what it sends. */
const capture = async (
  { response }: Call<unknown, unknown, unknown>,
  work: () => Promise<void>,
): Promise<{ kept: KeptAnswer; send: () => void }> => {
  const json = response.json.bind(response);
  let body: unknown;
  response.json = (value) => {
    body = value;
    return response;
  };
  try {
    await work();
  } finally {
    response.json = json;
  }
  const location = response.get('location');
  const kept = {
    status: response.statusCode,
    headers: { 'cache-control': 'private, no-cache', ...(location === undefined ? {} : { location }) },
    body: JSON.stringify(body),
  };
  return { kept, send: () => void json(body) };
};

/** The draft wants a quoted string; most senders leave the quotes out. */
const keyOf = (header: string): string => {
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (key.length > 0 && key.length <= 255) return key;
  throw new HttpError(400, 'idempotency_key_malformed', 'The Idempotency-Key must have 1 to 255 characters.');
};

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Two requests that differ only in the order of their fields are the same request. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

const unavailable = (cause: unknown): DomainError =>
  Object.assign(
    new DomainError(
      'unavailable',
      'idempotency_unavailable',
      'Idempotency keys cannot be looked up at the moment. Try again, with the same key.',
      { retryAfterSeconds: 2 },
    ),
    { cause },
  );
