import { eventStreamMessageSchema, type EventStreamMessage } from '@backend2/contracts';
import { createParser } from 'eventsource-parser';
import { ApiError } from './api-error.ts';
import { NetworkError } from './network-error.ts';
import { pause } from './pause.ts';
import type { Transport } from './transport.ts';

export interface StreamedEvent {
  /** Where to resume after this event. */
  readonly id: string;
  readonly message: EventStreamMessage;
}

export interface EventStreamOptions {
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal;
  /** Resume after this event. */
  readonly lastEventId?: string;
  /** Told when the connection is lost and when it is back. */
  readonly onConnection?: (state: 'open' | 'lost') => void;
}

/** Above the server's heartbeat of 15 s: silence this long means a dead connection. */
const silenceMs = 45_000;
const longestPauseMs = 15_000;

/**
 * Events in order, over as many connections as it takes: each resumes where the one before broke, so none
 * is lost or repeated. Ends when `signal` aborts; throws `ApiError` where the server refuses for good.
 */
export async function* eventStream(
  transport: Transport,
  path: string,
  { signal, lastEventId = '', onConnection }: EventStreamOptions = {},
): AsyncGenerator<StreamedEvent, void, undefined> {
  const position = { lastEventId, retryMs: 1000 };
  for (let failures = 0; ; failures++) {
    if (signal?.aborted) return;
    try {
      for await (const event of connection(transport, path, position, signal, onConnection)) {
        failures = 0;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof ApiError && !isPassing(error.status)) throw error;
      if (!(error instanceof ApiError) && !(error instanceof NetworkError)) throw error;
    }
    onConnection?.('lost');
    const waitMs = Math.min(position.retryMs * 2 ** Math.min(failures, 5), longestPauseMs);
    await pause(waitMs * (0.5 + Math.random() / 2), signal).catch(() => undefined);
  }
}

const isPassing = (status: number): boolean => status === 429 || status >= 500;

/** One connection, until it ends. */
async function* connection(
  transport: Transport,
  path: string,
  position: { lastEventId: string; retryMs: number },
  signal: AbortSignal | undefined,
  onConnection: EventStreamOptions['onConnection'],
): AsyncGenerator<StreamedEvent, void, undefined> {
  const silence = new AbortController();
  const response = await transport.send({
    method: 'GET',
    path,
    headers: {
      accept: 'text/event-stream',
      ...(position.lastEventId === '' ? {} : { 'last-event-id': position.lastEventId }),
    },
    signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
  });
  onConnection?.('open');
  const arrived: StreamedEvent[] = [];
  const parser = createParser({
    onEvent: (event) => {
      const message = eventStreamMessageSchema.safeParse(JSON.parse(event.data));
      // A newer server may send kinds of events this client does not know.
      if (message.success) arrived.push({ id: event.id ?? position.lastEventId, message: message.data });
    },
    onRetry: (ms) => (position.retryMs = ms),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  try {
    for (;;) {
      const watchdog = setTimeout(() => silence.abort(), silenceMs);
      const chunk = await reader
        .read()
        .catch((error: unknown) => {
          throw new NetworkError(response.url, error);
        })
        .finally(() => clearTimeout(watchdog));
      if (chunk.done) return;
      parser.feed(chunk.value);
      for (const event of arrived.splice(0)) {
        position.lastEventId = event.id;
        yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
