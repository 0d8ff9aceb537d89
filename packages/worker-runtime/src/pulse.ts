export interface Pulse {
  readonly type: 'pulse';
  /** Milliseconds since the slowest of the process's read loops last turned. */
  readonly idleMs: number;
}

const everyMs = 500;

/** A worker process tells its supervisor every moment that its event loop turns. */
export const sendPulses = (idleMs: () => number): void => {
  setInterval(() => {
    if (process.connected) process.send?.({ type: 'pulse', idleMs: idleMs() } satisfies Pulse);
  }, everyMs).unref();
};

export const isPulse = (message: unknown): message is Pulse => (message as Pulse | null)?.type === 'pulse';
