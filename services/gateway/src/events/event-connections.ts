import type { AccessClaims, Log, Metrics, RevocationList } from '@backend2/service-kit';
import { metricNames } from '@backend2/service-kit';
import type { Response } from 'express';
import { isAfter } from './entry-id.ts';
import { eventFrame } from './event-frame.ts';
import type { EventHub, EventScope, LiveEvent } from './event-hub.ts';

export interface EventConnectionOptions {
  readonly hub: EventHub;
  readonly revocations: Pick<RevocationList, 'isRevoked'>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Default 15,000. */
  readonly heartbeatMs?: number;
  /** Bytes that may wait for a client before it is cut off, to come back and resume. Default 1 MiB. */
  readonly maxBufferedBytes?: number;
}

interface Connection {
  readonly response: Response;
  readonly claims: AccessClaims;
}

/** How soon a browser comes back. */
const retryMs = 2000;
/** No stream outlives a revoked token by more. */
const inspectionMs = 1000;
const clean = { end: true } as const;
/** Live events kept for a client that is still reading what it missed. */
const maxWaiting = 5000;

/** All open event streams of this process. */
export class EventConnections {
  readonly #options: EventConnectionOptions;
  readonly #open = new Set<Connection>();
  readonly #stops: (() => void)[] = [];
  readonly #maxBufferedBytes: number;
  readonly #cuts: ReturnType<Metrics['counter']>;

  constructor(options: EventConnectionOptions) {
    this.#options = options;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 1_048_576;
    const gauge = options.metrics.gauge(metricNames.eventStreams, 'Event streams open now');
    this.#cuts = options.metrics.counter(
      metricNames.eventStreamsCut,
      'Event streams cut off because the client was slow',
    );
    const heartbeat = setInterval(() => {
      gauge.set(this.#open.size);
      this.#beat();
    }, options.heartbeatMs ?? 15_000);
    const inspection = setInterval(() => this.#dropUnwelcome(), inspectionMs);
    heartbeat.unref();
    inspection.unref();
    this.#stops.push(
      () => clearInterval(heartbeat),
      () => clearInterval(inspection),
    );
  }

  get size(): number {
    return this.#open.size;
  }

  /** Sends what was missed since `lastEventId`, then what happens, until the client goes or is cut off. */
  async serve(
    response: Response,
    claims: AccessClaims,
    scope: EventScope,
    lastEventId: string | undefined,
  ): Promise<void> {
    const { hub } = this.#options;
    const connection = { response, claims };
    const waiting: LiveEvent[] = [];
    let sent = lastEventId ?? hub.position;
    let live = false;
    const pass = ({ entryId, frame }: LiveEvent): void => {
      if (!isAfter(entryId, sent)) return;
      sent = entryId;
      this.#write(connection, frame);
    };
    // Listening begins before the replay reads, so that nothing falls between the two.
    const stopListening = hub.listen(scope, (event) => {
      if (live) return pass(event);
      if (waiting.push(event) > maxWaiting) this.#cut(connection);
    });
    response.once('close', () => {
      stopListening();
      this.#open.delete(connection);
    });
    this.#open.add(connection);
    response.status(200).set({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.#write(connection, `retry: ${retryMs}\n\n`);
    if (lastEventId === undefined) this.#write(connection, eventFrame(sent, { type: 'ready' }));
    else {
      const whole = await this.#replay(connection, scope, lastEventId, pass);
      if (!whole) {
        // From here on the stream is whole again, wherever the client's place was.
        sent = hub.position;
        this.#write(connection, eventFrame(sent, { type: 'reset' }));
      }
    }
    for (let event = waiting.shift(); event; event = waiting.shift()) {
      pass(event);
      await drained(response);
    }
    live = true;
  }

  async #replay(
    connection: Connection,
    scope: EventScope,
    from: string,
    pass: (event: LiveEvent) => void,
  ): Promise<boolean> {
    const pages = this.#options.hub.missed(scope, from);
    for (;;) {
      const page = await pages.next();
      if (page.done) return page.value;
      for (const event of page.value) {
        pass(event);
        // A long replay goes at the client's pace instead of counting as its slowness.
        await drained(connection.response);
      }
    }
  }

  /** Ends every stream, for clients to resume at another gateway. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const connection of this.#open) this.#drop(connection, clean);
  }

  #write(connection: Connection, frame: string): void {
    const { response } = connection;
    if (response.destroyed || response.writableEnded) return;
    response.write(frame);
    if (response.writableLength > this.#maxBufferedBytes) this.#cut(connection);
  }

  #cut(connection: Connection): void {
    this.#cuts.inc();
    const { response, claims } = connection;
    this.#options.log.info(
      { userId: claims.userId, waiting: response.writableLength },
      'slow event stream cut off',
    );
    this.#drop(connection, { end: false });
  }

  #beat(): void {
    for (const connection of this.#open) this.#write(connection, ': still here\n\n');
  }

  /** Those whose token was revoked or ran out meanwhile. */
  #dropUnwelcome(): void {
    const now = Date.now() / 1000;
    for (const connection of this.#open) {
      const { claims } = connection;
      if (claims.expiresAt <= now || this.#options.revocations.isRevoked(claims))
        this.#drop(connection, clean);
    }
  }

  #drop(connection: Connection, { end }: { end: boolean }): void {
    this.#open.delete(connection);
    if (end) connection.response.end();
    else connection.response.destroy();
  }
}

/** Resolves at once where the client keeps up. */
const drained = (response: Response): Promise<void> | undefined => {
  if (!response.writableNeedDrain || response.destroyed) return undefined;
  return new Promise((resolve) => {
    const over = (): void => {
      response.off('drain', over).off('close', over);
      resolve();
    };
    response.once('drain', over).once('close', over);
  });
};
