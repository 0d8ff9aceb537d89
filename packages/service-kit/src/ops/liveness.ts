/** A loop that must keep turning; the stream engine's consumers and subscriptions fit. */
export interface Loop {
  readonly name: string;
  idleMs(): number;
  /** Milliseconds without a turn after which it counts as stuck. Default 30,000. */
  readonly maxIdleMs?: number;
}

export const liveness = (
  loops: readonly Loop[],
): {
  readonly alive: boolean;
  readonly stuck: readonly { readonly name: string; readonly idleMs: number }[];
} => {
  const stuck = loops
    .map((loop) => ({ name: loop.name, idleMs: loop.idleMs(), maxIdleMs: loop.maxIdleMs ?? 30_000 }))
    .filter(({ idleMs, maxIdleMs }) => idleMs > maxIdleMs)
    .map(({ name, idleMs }) => ({ name, idleMs }));
  return { alive: stuck.length === 0, stuck };
};
