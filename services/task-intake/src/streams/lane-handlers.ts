import { type LaneView, type Principal, type RpcHandlerGroup, type TaskIntakeRpc } from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import type { LaneRow, LaneStore } from '../adapters/postgres-lane-store.ts';
import type { LaneKinds } from './lane-kinds.ts';
import type { LaneSlots } from './lane-slots.ts';
import { requireAdmin } from './require-admin.ts';

export interface LaneHandlersDependencies {
  readonly store: LaneStore;
  readonly slots: Pick<LaneSlots, 'work'>;
  readonly kinds: Pick<LaneKinds, 'of'>;
  readonly log: Log;
}

export const laneHandlers = ({
  store,
  slots,
  kinds,
  log,
}: LaneHandlersDependencies): RpcHandlerGroup<TaskIntakeRpc, 'lanes'> => {
  const viewOf = ({ lane, paused, changedAt, changedBy, pending, queued, running }: LaneRow): LaneView => {
    const work = slots.work(lane);
    return {
      lane,
      paused,
      changedAt: changedAt?.toISOString() ?? null,
      changedBy,
      workers: work.length,
      slots: work.reduce((sum, worker) => sum + worker.slots, 0),
      busy: work.reduce((sum, worker) => sum + worker.busy, 0),
      kinds: Object.keys(kinds.of(lane)),
      pending,
      queued,
      running,
    };
  };
  const setPaused = async (
    principal: Principal,
    lane: LaneRow['lane'],
    paused: boolean,
  ): Promise<LaneView> => {
    requireAdmin(principal);
    await store.setPaused(lane, paused, principal.userId);
    log.info({ lane, paused, userId: principal.userId }, 'lane paused or resumed');
    const row = (await store.list()).find((one) => one.lane === lane);
    if (row === undefined) throw new Error(`The lane ${lane} has no row.`);
    return viewOf(row);
  };
  return {
    'lanes.list': async ({ principal }) => {
      requireAdmin(principal);
      return { items: (await store.list()).map(viewOf) };
    },
    'lanes.pause': ({ principal, lane }) => setPaused(principal, lane, true),
    'lanes.resume': ({ principal, lane }) => setPaused(principal, lane, false),
  };
};
