import type { Log, Service } from '@backend2/service-kit';

export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
}

/** Runs each chore at once and then again and again, never twice at a time; one that fails is logged and tried again. */
export const housekeeping = (chores: readonly Chore[], log: Log): Service => {
  const timers: NodeJS.Timeout[] = [];
  const running = new Map<string, Promise<void>>();

  const run = ({ name, run: work }: Chore): Promise<void> => {
    const current = running.get(name);
    if (current) return current;
    const next = work()
      .then(
        () => undefined,
        (error: unknown) => log.warn({ err: error, chore: name }, 'chore failed'),
      )
      .finally(() => running.delete(name));
    running.set(name, next);
    return next;
  };

  return {
    name: 'housekeeping',
    start: async () => {
      for (const chore of chores) timers.push(setInterval(() => void run(chore), chore.everyMs));
      await Promise.all(chores.map(run));
    },
    stop: async () => {
      for (const timer of timers.splice(0)) clearInterval(timer);
      await Promise.all(running.values());
    },
  };
};
