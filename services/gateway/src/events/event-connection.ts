import type { EventStreamMessage } from '@backend2/contracts';
import type { AccessClaims } from '@backend2/service-kit';
import type { Response } from 'express';
import { isAfter } from './entry-id.ts';
import { eventFrame } from './event-frame.ts';
import type { LiveEvent } from './event-hub.ts';

export interface EventConnectionSetup {
  readonly response: Response;
  readonly claims: AccessClaims;
  /** Where its client stands: the events after it are sent. */
  readonly place: string;
  /** Bytes that may wait for the client. */
  readonly maxBufferedBytes: number;
  /** The client does not keep up; called once, and the connection is broken. */
  readonly onSlow: () => void;
}

/** Live events kept for a client that is still reading what it missed. */
const maxWaiting = 5000;
/** How soon a client comes back, spread so that all of a dead gateway's do not come at once. */
const retryMs = (): number => 1000 + Math.round(Math.random() * 2000);

export const eventStreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

/** One client's event stream. Until `goLive` what is heard waits behind what the client missed. */
export class EventConnection {
  readonly claims: AccessClaims;
  readonly #response: Response;
  readonly #setup: EventConnectionSetup;
  readonly #waiting: LiveEvent[] = [];
  #sent: string;
  #live = false;

  constructor(setup: EventConnectionSetup) {
    this.claims = setup.claims;
    this.#response = setup.response;
    this.#setup = setup;
    this.#sent = setup.place;
  }

  get gone(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  /** Bytes that wait for the client; none once it is cut off. */
  get buffered(): number {
    return this.#response.destroyed ? 0 : this.#response.writableLength;
  }

  begin(): void {
    this.#response.status(200).set(eventStreamHeaders);
    this.write(`retry: ${retryMs()}\n\n`);
  }

  /** Says where the client stands from here on. */
  place(at: string, message: EventStreamMessage & { type: 'ready' | 'reset' }): void {
    this.#sent = at;
    this.write(eventFrame(at, message));
  }

  hear(event: LiveEvent): void {
    if (this.#live) this.#pass(event);
    else if (this.#waiting.push(event) > maxWaiting) this.cut();
  }

  /** Sends at the client's pace, so that a long replay does not count as its slowness. */
  async replay(events: readonly LiveEvent[]): Promise<void> {
    for (const event of events) {
      if (this.gone) return;
      this.#pass(event);
      await drained(this.#response);
    }
  }

  async goLive(): Promise<void> {
    for (let event = this.#waiting.shift(); event && !this.gone; event = this.#waiting.shift())
      await this.replay([event]);
    this.#live = true;
  }

  write(frame: string | Buffer): void {
    if (this.gone) return;
    this.#response.write(frame);
    if (this.buffered > this.#setup.maxBufferedBytes) this.cut();
  }

  /** Lets the client read the rest. */
  end(): void {
    this.#response.end();
  }

  cut(): void {
    if (this.gone) return;
    this.#setup.onSlow();
    this.#response.destroy();
  }

  #pass({ entryId, frame }: LiveEvent): void {
    if (!isAfter(entryId, this.#sent)) return;
    this.#sent = entryId;
    this.write(frame);
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
