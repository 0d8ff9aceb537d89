import { releasedName } from '../../src/tick.ts';

// What the scripts promise, told without Redis: every message with its state, and the stream in its order.

export type State = 'waiting' | 'pending' | 'delayed' | 'dead' | 'done' | 'lost';
/** Done, tried again after a delay, tried again at once, dead. */
export type How = 'd' | 'r' | 'r0' | 'x';

export const maxDeliveries = 3;
/** Most messages that may wait, run or be delayed while publishing still goes on. */
export const maxLength = 8;
const historyKept = 20;

export interface Modelled {
  readonly n: number;
  state: State;
  owner: string;
  deliveries: number;
  attempt: number;
  /** Attempt and error of each failure. */
  history: (readonly [number, string])[];
  /** Nobody renewed its lease in time. */
  expired: boolean;
  entryId: string;
}

/** What a consumer believes to hold. */
export interface Held<Head> {
  readonly message: Modelled;
  readonly head: Head;
}

/** @throws where what Redis says is not what the model says. */
export const same = (what: string, found: readonly unknown[], expected: readonly unknown[]): void => {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what}: ${is}, and the model says ${should}`);
};

const anew = (n: number, state: State): Modelled => ({
  n,
  state,
  owner: '',
  deliveries: 0,
  attempt: 1,
  history: [],
  expired: false,
  entryId: '',
});

/** Of entry ids. */
const order = (a: string, b: string): number => {
  const [ms = 0, seq = 0] = a.split('-').map(Number);
  const [otherMs = 0, otherSeq = 0] = b.split('-').map(Number);
  return ms - otherMs || seq - otherSeq;
};

export class StreamModel {
  readonly messages: Modelled[] = [];
  /** In the order of the stream. */
  queue: Modelled[] = [];
  /** In the order of their deaths. */
  dead: Modelled[] = [];
  /** Number and outcome of each message that settled and emitted, in order. */
  readonly emitted: { readonly n: number; readonly how: How }[] = [];
  groupThere = true;

  count(...states: readonly State[]): number {
    return this.messages.filter(({ state }) => states.includes(state)).length;
  }

  /** In the order of their entries. */
  pending(owner?: string): Modelled[] {
    return this.messages
      .filter((message) => message.state === 'pending' && (owner === undefined || message.owner === owner))
      .toSorted((a, b) => order(a.entryId, b.entryId));
  }

  /** Of so many to be published, the ones there is room for. */
  publish(count: number, delayed: boolean): Modelled[] {
    const room = maxLength - this.count('waiting', 'pending', 'delayed');
    const accepted = Array.from({ length: Math.max(0, Math.min(count, room)) }, (_, index) =>
      anew(this.messages.length + index, delayed ? 'delayed' : 'waiting'),
    );
    this.messages.push(...accepted);
    if (!delayed) this.queue.push(...accepted);
    return accepted;
  }

  read(owner: string, count: number): Modelled[] {
    const taken = this.queue.splice(0, count);
    for (const message of taken) {
      Object.assign(message, { state: 'pending', owner, deliveries: 1, expired: false });
    }
    return taken;
  }

  stall(owner: string): Modelled[] {
    const stalled = this.pending(owner);
    for (const message of stalled) message.expired = true;
    return stalled;
  }

  /** Of the entries it believes to hold, those that are not the consumer's any more. */
  renew(owner: string, ids: readonly string[]): string[] {
    const ours = new Map(this.pending(owner).map((message) => [message.entryId, message]));
    for (const id of ids) {
      const message = ours.get(id);
      if (message) message.expired = false;
    }
    return ids.filter((id) => !ours.has(id));
  }

  /**
   * What was released first, then of one page of all that is pending. The next page begins, as `XPENDING` takes it, with
   * the first entry there was no room for, or after this page, or from the beginning. The first on its last delivery that
   * was left is told.
   */
  claim(
    owner: string,
    room: number,
    lastDeliveries: number,
    page: number,
    from: string,
  ): { readonly claimed: readonly Modelled[]; readonly next: string; readonly suspect: string } {
    let [free, suspects, suspect] = [room, lastDeliveries, ''];
    const claimed: Modelled[] = [];
    const claimOf = (entries: readonly Modelled[]): Modelled | undefined => {
      let refused: Modelled | undefined;
      for (const message of entries) {
        if (!message.expired || message.owner === owner) continue;
        const delivery = message.deliveries + 1;
        if (delivery <= maxDeliveries) {
          if (delivery === maxDeliveries && delivery > 1) {
            if (suspects-- <= 0) {
              suspect ||= message.entryId;
              continue;
            }
          } else if (free === 0) {
            refused ??= message;
            continue;
          } else free--;
        }
        Object.assign(message, { owner, deliveries: delivery, expired: false });
        claimed.push(message);
      }
      return refused;
    };
    claimOf(this.pending(releasedName).slice(0, page));
    const looked = this.pending()
      .filter(({ entryId }) =>
        from.startsWith('(') ? order(entryId, from.slice(1)) > 0 : from === '-' || order(entryId, from) >= 0,
      )
      .slice(0, page);
    const refused = claimOf(looked);
    return {
      claimed,
      suspect,
      next: refused?.entryId ?? (looked.length === page ? `(${looked.at(-1)!.entryId}` : '-'),
    };
  }

  /** Entries handed to a consumer that it does not know of, and whether there may be more; one on its last delivery is handed back. */
  recover(owner: string, known: ReadonlyMap<string, unknown>, most: number): [more: boolean, Modelled[]] {
    const looked = this.pending(owner).slice(0, most + known.size);
    const found: Modelled[] = [];
    for (const message of looked.filter(({ entryId }) => !known.has(entryId))) {
      if (found.length === most) return [true, found];
      if (message.deliveries === maxDeliveries) this.#handBack(message);
      else {
        message.expired = false;
        found.push(message);
      }
    }
    return [looked.length === most + known.size, found];
  }

  leave(owner: string): void {
    for (const message of this.pending(owner)) this.#handBack(message);
  }

  #handBack(message: Modelled): void {
    const deliveries = Math.max(0, message.deliveries - 1);
    Object.assign(message, { owner: releasedName, expired: true, deliveries });
  }

  /** Answers whether the outcome counts. */
  settle(
    owner: string,
    entryId: string,
    message: Modelled,
    how: How,
    error: string,
    emits: boolean,
  ): boolean {
    const current = this.groupThere && message.state === 'pending' && message.entryId === entryId;
    if (!current || (how !== 'd' && message.owner !== owner)) return false;
    if (emits) this.emitted.push({ n: message.n, how });
    Object.assign(message, { entryId: '', expired: false, owner: '' });
    if (how === 'd') message.state = 'done';
    else message.history = [...message.history, [message.attempt, error] as const].slice(-historyKept);
    if (how === 'x') {
      message.state = 'dead';
      this.dead.push(message);
    }
    if (how === 'r' || how === 'r0') {
      message.state = how === 'r' ? 'delayed' : 'waiting';
      message.attempt++;
      if (how === 'r0') this.queue.push(message);
    }
    return true;
  }

  promote(numbers: readonly number[]): void {
    for (const n of numbers) {
      const message = this.messages[n]!;
      if (message.state !== 'delayed')
        throw new Error(`${n} was delayed and the model says ${message.state}`);
      message.state = 'waiting';
      this.queue.push(message);
    }
  }

  redrive(count: number): number {
    const back = this.dead.splice(0, count);
    for (const message of back) Object.assign(message, { state: 'waiting', attempt: 1, deliveries: 0 });
    this.queue.push(...back);
    return back.length;
  }

  /** All of the stream is gone, its group too. */
  flush(): void {
    this.groupThere = false;
    this.queue = [];
    this.dead = [];
    for (const message of this.messages) {
      if (message.state !== 'done') Object.assign(message, { ...anew(message.n, 'lost') });
    }
  }

  /** The group is made again, and the owner publishes again what its books do not know as done. */
  makeGroup(): Modelled[] {
    this.groupThere = true;
    const again = this.messages.filter(({ state }) => state === 'lost');
    for (const message of again) message.state = 'waiting';
    this.queue.push(...again);
    return again;
  }
}
