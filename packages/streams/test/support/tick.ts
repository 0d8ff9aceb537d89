import type { Redis } from 'ioredis';
import { runScript, scripts } from '../../src/lua-script.ts';

export interface Tick {
  readonly keys: { readonly stream: string; readonly delayed: string };
  readonly group: string;
  readonly consumer: string;
  readonly leaseMs: number;
  readonly maxDeliveries: number;
  /** Most entries to claim for running. */
  readonly room: number;
  /** Beside them, how many on their last delivery. Default 0. */
  readonly suspects?: number;
  readonly promoteMost: number;
  /** Where the page of pending entries begins, as `XPENDING` takes it. */
  readonly from?: string;
  /** Most entries of a page. */
  readonly page: number;
  readonly releasedName: string;
}

/** A consumer's regular turn: what it claimed, as `id, delivery, text, …`, where its next page begins, and what on its last delivery it left. */
export const tick = async (
  redis: Redis,
  given: Tick,
): Promise<{
  readonly claimed: readonly (string | number)[];
  readonly next: string;
  readonly suspect: string;
}> => {
  const reply = await runScript(
    redis,
    scripts.tick,
    [given.keys.stream, given.keys.delayed],
    [
      given.group,
      given.consumer,
      given.leaseMs,
      given.maxDeliveries,
      given.room,
      given.suspects ?? 0,
      given.promoteMost,
      given.from ?? '-',
      given.page,
      given.releasedName,
    ],
  );
  const [, , claimed, , next, , suspect] = reply as [
    number,
    number,
    (string | number)[],
    string,
    string,
    number,
    string,
  ];
  return { claimed, next, suspect };
};
