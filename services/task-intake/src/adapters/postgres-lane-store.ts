import type { Lane } from '@backend2/contracts';
import { prepared } from '@backend2/database';
import { QueryTypes, type Sequelize } from 'sequelize';

/** By kind, the inputs that are costly to switch (JSON Pointers). */
export type KindOffers = Readonly<Record<string, readonly string[]>>;

export interface LaneRow {
  readonly lane: Lane;
  readonly paused: boolean;
  readonly changedAt: Date | null;
  readonly changedBy: string | null;
  readonly kinds: KindOffers;
  readonly pending: number;
  readonly queued: number;
  readonly running: number;
}

export interface LaneStore {
  /** Every lane, with the subtasks of its unfinished tasks added up. */
  list(): Promise<LaneRow[]>;
  isPaused(lane: Lane): Promise<boolean>;
  /** Lasting; wakes the lane's dispatcher, which tells the workers. Doing it again changes nothing. */
  setPaused(lane: Lane, paused: boolean, userId: string): Promise<void>;
  saveKinds(lane: Lane, kinds: KindOffers): Promise<void>;
}

const pausedText = prepared('SELECT paused FROM lanes WHERE lane = $1');

export const postgresLaneStore = (database: Sequelize): LaneStore => ({
  list: () =>
    database.query<LaneRow>(
      `SELECT l.lane, l.paused, l.changed_at AS "changedAt", l.changed_by AS "changedBy", l.kinds,
         coalesce(sum(t.pending), 0)::int AS pending, coalesce(sum(t.queued), 0)::int AS queued,
         coalesce(sum(t.running), 0)::int AS running
       FROM lanes l LEFT JOIN tasks t ON t.lane = l.lane AND t.deleted_at IS NULL
         AND t.state IN ('pending', 'running', 'paused')
       GROUP BY l.lane ORDER BY l.lane`,
      { type: QueryTypes.SELECT },
    ),
  isPaused: async (lane) => {
    const [row] = await database.query<{ paused: boolean }>(pausedText, {
      bind: [lane],
      type: QueryTypes.SELECT,
    });
    return row?.paused ?? false;
  },
  setPaused: (lane, paused, userId) =>
    database.transaction(async (transaction) => {
      await database.query(
        `UPDATE lanes SET paused = $2, changed_at = clock_timestamp(), changed_by = $3
         WHERE lane = $1 AND paused <> $2`,
        { bind: [lane, paused, userId], transaction },
      );
      await database.query(`SELECT pg_notify('backend2_dispatch', $1)`, { bind: [lane], transaction });
    }),
  saveKinds: async (lane, kinds) => {
    await database.query(`UPDATE lanes SET kinds = $2 WHERE lane = $1 AND kinds IS DISTINCT FROM $2::jsonb`, {
      bind: [lane, JSON.stringify(kinds)],
    });
  },
});
