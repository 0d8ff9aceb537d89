import { healthViewSchema, type HealthView } from '@backend2/contracts';
import { once } from './once.ts';
import type { RepositoryMaker } from './redis-entities.ts';

/** The health-aggregator's verdict on the whole system. */
export interface SystemHealthEntity {
  save(view: HealthView): Promise<void>;
  /** Undefined once nobody has renewed it within its lifetime. `at` is epoch milliseconds by the writer's clock. */
  fetch(): Promise<{ readonly view: HealthView; readonly at: number } | undefined>;
}

const id = 'current';

export const systemHealthEntity = (repository: RepositoryMaker, ttlSeconds: number): SystemHealthEntity => {
  const snapshots = once(() =>
    repository(
      'system_health',
      { status: { type: 'string' }, at: { type: 'number' }, view: { type: 'string' } },
      ttlSeconds,
    ),
  );
  return {
    save: async (view) => {
      await (await snapshots()).save(id, { status: view.status, at: Date.now(), view: JSON.stringify(view) });
    },
    fetch: async () => {
      // A missing entity comes back without fields, not as null.
      const { view, at } = await (await snapshots()).fetch(id);
      if (typeof view !== 'string' || typeof at !== 'number') return undefined;
      return { view: healthViewSchema.parse(JSON.parse(view)), at };
    },
  };
};
