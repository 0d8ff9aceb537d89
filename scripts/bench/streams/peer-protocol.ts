import type { ContenderName } from './contender.ts';

/** What the bench asks of a process that has one contender in it; each is answered once, in order. */
export type PeerRequest =
  | { readonly do: 'open'; readonly contender: ContenderName; readonly redisUrl: string; readonly role: Role }
  | { readonly do: 'publish'; readonly count: number; readonly chunk: number }
  | { readonly do: 'trickle'; readonly perSecond: number; readonly count: number }
  /** Starts a consumer, in the same process as the ones before. */
  | { readonly do: 'consume' }
  /** Resolves when so many jobs were handled since `consume`. */
  | { readonly do: 'handled'; readonly count: number }
  /** Stops the consumer and tells of its jobs. */
  | { readonly do: 'settle' }
  | { readonly do: 'close' };

export type Role = 'producer' | 'consumer';

export interface PeerAnswer {
  /** Milliseconds of the monotonic clock: when it began and when the last job was handled or written. */
  readonly beganAt: number;
  readonly endedAt: number;
  /** Of this process since it began, all threads. */
  readonly cpuMicros: number;
  /** From enqueueing to the handler's start, of each job, in ms. */
  readonly latencies: readonly number[];
}

export type PeerReply =
  | { readonly ok: true; readonly answer: PeerAnswer }
  | { readonly ok: false; readonly error: string };
