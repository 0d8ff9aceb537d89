import { DomainError } from '@backend2/contracts';
import type { AccessClaims, Log, Metrics, RevocationList } from '@backend2/service-kit';
import { metricNames } from '@backend2/service-kit';
import type { Response } from 'express';
import { EventConnection } from './event-connection.ts';
import type { EventHub, EventScope } from './event-hub.ts';

export interface EventConnectionOptions {
  readonly hub: EventHub;
  readonly revocations: Pick<RevocationList, 'isRevoked'>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Streams open at once in this process. */
  readonly maxStreams: number;
  readonly maxStreamsPerUser: number;
  /** Bytes that may wait for all clients together; above it those with the most are cut off. */
  readonly maxBufferedBytes: number;
  /** How often a silent stream shows that it is alive. */
  readonly heartbeatMs: number;
}

/** Bytes that may wait for a client before it is cut off, to come back and resume. */
const maxBufferedOfOne = 1_048_576;
/** No stream outlives a revoked token by more. */
const inspectionMs = 1000;

/** All open event streams of this process. */
export class EventConnections {
  readonly #options: EventConnectionOptions;
  readonly #open = new Set<EventConnection>();
  readonly #ofUser = new Map<string, number>();
  readonly #stops: (() => void)[] = [];
  readonly #cuts: ReturnType<Metrics['counter']>;

  constructor(options: EventConnectionOptions) {
    const { hub, metrics, heartbeatMs } = options;
    this.#options = options;
    metrics.gauge(metricNames.eventStreams, 'Event streams open now', [], (gauge) =>
      gauge.set(this.#open.size),
    );
    metrics.gauge(
      metricNames.eventStreamsBuffered,
      'Bytes that wait for readers of event streams',
      [],
      (gauge) => gauge.set(this.#buffered()),
    );
    this.#cuts = metrics.counter(
      metricNames.eventStreamsCut,
      'Event streams cut off because the client was slow',
    );
    const heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    const inspection = setInterval(() => this.#inspect(), inspectionMs);
    heartbeat.unref();
    inspection.unref();
    this.#stops.push(
      () => clearInterval(heartbeat),
      () => clearInterval(inspection),
      hub.onBegunAnew(() => this.#startOver()),
    );
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Sends what was missed since `lastEventId`, then what happens, until the client goes or is cut off.
   *
   * @throws DomainError where there are as many streams as there may be.
   */
  async serve(
    response: Response,
    claims: AccessClaims,
    scope: EventScope,
    lastEventId: string | undefined,
  ): Promise<void> {
    // A client that went before this would never be heard of again.
    if (response.destroyed) return;
    const { hub } = this.#options;
    const leave = this.#enter(claims.userId);
    const connection = new EventConnection({
      response,
      claims,
      place: lastEventId ?? hub.position,
      maxBufferedBytes: maxBufferedOfOne,
      onSlow: () => this.#tellOfSlow(connection),
    });
    // Listening begins before the replay reads, so that nothing falls between the two.
    const stopListening = hub.listen(scope, (event) => connection.hear(event));
    response.once('close', () => {
      stopListening();
      leave();
      this.#open.delete(connection);
    });
    this.#open.add(connection);
    connection.begin();
    if (lastEventId === undefined) connection.place(hub.position, { type: 'ready' });
    else if (!(await this.#catchUp(connection, scope, lastEventId))) {
      // From here on the stream is whole again, wherever the client's place was.
      connection.place(hub.position, { type: 'reset' });
    }
    await connection.goLive();
  }

  /** Ends every stream, for clients to resume at another gateway. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const connection of this.#open) this.#end(connection);
  }

  /** False where events after the client's place are lost. */
  async #catchUp(connection: EventConnection, scope: EventScope, from: string): Promise<boolean> {
    const pages = this.#options.hub.missed(scope, from);
    for (;;) {
      const page = await pages.next();
      if (page.done) return page.value;
      await connection.replay(page.value);
      if (connection.gone) return true;
    }
  }

  #enter(userId: string): () => void {
    const { maxStreams, maxStreamsPerUser } = this.#options;
    const own = this.#ofUser.get(userId) ?? 0;
    if (own >= maxStreamsPerUser) {
      throw new DomainError(
        'limited',
        'too_many_event_streams',
        `You have ${own} event streams open here, as many as one user may have. Close some.`,
        { retryAfterSeconds: 30 },
      );
    }
    if (this.#open.size >= maxStreams) {
      throw new DomainError(
        'unavailable',
        'event_streams_full',
        'This gateway has as many event streams open as it may have. Try again in a moment.',
        { retryAfterSeconds: 5 },
      );
    }
    this.#ofUser.set(userId, own + 1);
    return () => {
      const left = (this.#ofUser.get(userId) ?? 1) - 1;
      if (left > 0) this.#ofUser.set(userId, left);
      else this.#ofUser.delete(userId);
    };
  }

  #tellOfSlow({ claims, buffered }: EventConnection): void {
    this.#cuts.inc();
    this.#options.log.info({ userId: claims.userId, waiting: buffered }, 'slow event stream cut off');
  }

  #beat(): void {
    for (const connection of this.#open) connection.write(': still here\n\n');
  }

  /** Redis lost its events and their numbers begin again below those that clients know. */
  #startOver(): void {
    for (const connection of this.#open) connection.place('0-0', { type: 'reset' });
  }

  #inspect(): void {
    const now = Date.now() / 1000;
    for (const connection of this.#open) {
      const { claims } = connection;
      if (claims.expiresAt <= now || this.#options.revocations.isRevoked(claims)) this.#end(connection);
    }
    const { maxBufferedBytes } = this.#options;
    let waiting = this.#buffered();
    if (waiting <= maxBufferedBytes) return;
    for (const connection of [...this.#open].toSorted((a, b) => b.buffered - a.buffered)) {
      if (waiting <= maxBufferedBytes) return;
      waiting -= connection.buffered;
      connection.cut();
    }
  }

  #buffered(): number {
    let bytes = 0;
    for (const { buffered } of this.#open) bytes += buffered;
    return bytes;
  }

  #end(connection: EventConnection): void {
    this.#open.delete(connection);
    connection.end();
  }
}
