import type { TaskEvent } from '@backend2/contracts';
import type { Service } from '@backend2/service-kit';
import type { Broadcast } from '@backend2/streams';
import { isAfter } from './entry-id.ts';
import { eventFrame } from './event-frame.ts';

export interface LiveEvent {
  readonly entryId: string;
  readonly event: TaskEvent;
  /** As it goes over the wire: made once, however many hear it. */
  readonly frame: Buffer;
}

export type EventListener = (event: LiveEvent) => void;

/** Whose events: one task's, or all of a user's. */
export type EventScope = { readonly taskId: string } | { readonly ownerId: string };

const keyOf = (scope: EventScope): string =>
  'taskId' in scope ? `task:${scope.taskId}` : `owner:${scope.ownerId}`;
const isIn = (scope: EventScope, event: TaskEvent): boolean =>
  'taskId' in scope ? event.taskId === scope.taskId : event.ownerId === scope.ownerId;

const pageSize = 500;

/** Hears `task_events` once for the whole process and hands each event to those whom it concerns. */
export class EventHub implements Service {
  readonly name = 'event-hub';
  readonly #broadcast: Broadcast<TaskEvent>;
  readonly #listeners = new Map<string, Set<EventListener>>();
  readonly #anew = new Set<() => void>();
  #subscription: ReturnType<Broadcast<TaskEvent>['subscribe']> | undefined;
  #position = '0-0';

  constructor(broadcast: Broadcast<TaskEvent>) {
    this.#broadcast = broadcast;
  }

  /** The newest event handed out: whoever listens from now on misses none after it. */
  get position(): string {
    return this.#position;
  }

  idleMs(): number {
    return this.#subscription?.idleMs() ?? 0;
  }

  async start(): Promise<void> {
    this.#position = await this.#broadcast.newest();
    this.#subscription = this.#broadcast.subscribe({
      from: this.#position,
      handler: ({ entryId, payload }) => this.#hand(entryId, payload),
    });
    await this.#subscription.start();
  }

  async stop(hard?: AbortSignal): Promise<void> {
    await this.#subscription?.stop(hard);
  }

  /** Returns what ends the listening. */
  listen(scope: EventScope, listener: EventListener): () => void {
    const key = keyOf(scope);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  /** Called when Redis has lost its events and numbers them from lower on again. Returns what ends the calls. */
  onBegunAnew(listener: () => void): () => void {
    this.#anew.add(listener);
    return () => this.#anew.delete(listener);
  }

  /** Kept events after `from` up to where live ones go on, in pages; the last answers whether any after `from` were lost. */
  async *missed(scope: EventScope, from: string): AsyncGenerator<LiveEvent[], boolean, undefined> {
    // Where live events go on is fixed before the first read, so that a busy stream is not chased for ever.
    const until = this.#position;
    // A place beyond ours is one that another gateway has heard already, or one of a stream that was lost.
    if (isAfter(from, until)) return !isAfter(from, await this.#broadcast.newest());
    let whole = true;
    for (let after = from; isAfter(until, after);) {
      const { messages, complete } = await this.#broadcast.read(after, pageSize);
      whole &&= complete;
      const last = messages.at(-1);
      if (!last) break;
      after = last.entryId;
      yield messages
        .filter(({ entryId, payload }) => !isAfter(entryId, until) && isIn(scope, payload))
        .map(({ entryId, payload }) => ({ entryId, event: payload, frame: eventFrame(entryId, payload) }));
    }
    return whole;
  }

  #hand(entryId: string, event: TaskEvent): void {
    if (!isAfter(entryId, this.#position)) for (const listener of this.#anew) listener();
    this.#position = entryId;
    const concerned = [
      this.#listeners.get(keyOf({ taskId: event.taskId })),
      this.#listeners.get(keyOf({ ownerId: event.ownerId })),
    ].filter((listeners) => listeners !== undefined);
    if (concerned.length === 0) return;
    const live = { entryId, event, frame: eventFrame(entryId, event) };
    for (const listeners of concerned) for (const listener of listeners) listener(live);
  }
}
