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
  readonly promoteMost: number;
  /** Where the page of pending entries begins, as `XPENDING` takes it. */
  readonly from?: string;
  /** Most entries of a page. */
  readonly page: number;
  readonly releasedName: string;
}

/** A consumer's regular turn: what it claimed, as `id, delivery, text, …`, and where its next page begins. */
export const tick = async (
  redis: Redis,
  given: Tick,
): Promise<{ readonly claimed: readonly (string | number)[]; readonly next: string }> => {
  const suspects = 1;
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
      suspects,
      given.promoteMost,
      given.from ?? '-',
      given.page,
      given.releasedName,
    ],
  );
  const [, , claimed, , next] = reply as [number, number, (string | number)[], string, string];
  return { claimed, next };
};
