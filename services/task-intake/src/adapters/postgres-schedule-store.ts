import {
  notFound,
  type MissedRunPolicy,
  type Page,
  type Principal,
  type ScheduledTask,
  type ScheduleListQuery,
  type ScheduleRun,
} from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { ownerGone } from './owner-gone.ts';
import { decodeCursor, encodeCursor, uuidForm } from './page-cursor.ts';
import { postgresJson } from '@backend2/database';
import { seenBy } from './postgres-task-store.ts';

export interface ScheduleRow {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly missedRuns: MissedRunPolicy;
  readonly paused: boolean;
  readonly task: ScheduledTask;
  /** Null where its expression has no more times. */
  readonly nextRunAt: Date | null;
  readonly lastRun: ScheduleRun | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns = `s.id, s.owner_id AS "ownerId", s.name, s.cron, s.time_zone AS "timeZone", s.missed_runs AS "missedRuns",
  s.paused, s.submission AS task, s.next_run_at AS "nextRunAt", s.last_run AS "lastRun", s.created_at AS "createdAt",
  s.updated_at AS "updatedAt"`;

export type NewSchedule = Pick<
  ScheduleRow,
  'id' | 'ownerId' | 'name' | 'cron' | 'timeZone' | 'missedRuns' | 'paused' | 'task' | 'nextRunAt'
>;

/** Undefined where a schedule with this id is there already. */
export const insertSchedule = async (
  database: Sequelize,
  transaction: Transaction,
  schedule: NewSchedule,
): Promise<ScheduleRow | undefined> => {
  const { id, ownerId, name, cron, timeZone, missedRuns, paused, task, nextRunAt } = schedule;
  const [row] = await database.query<ScheduleRow>(
    `INSERT INTO schedules AS s (id, owner_id, name, cron, time_zone, missed_runs, paused, submission, next_run_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING RETURNING ${columns}`,
    {
      bind: [id, ownerId, name, cron, timeZone, missedRuns, paused, postgresJson(task), nextRunAt],
      type: QueryTypes.SELECT,
      transaction,
    },
  );
  return row;
};

/** @throws DomainError `not_found` for an id that is not there or not the principal's. */
export const findSchedule = async (
  database: Sequelize,
  principal: Principal,
  scheduleId: string,
  locked?: Transaction,
): Promise<ScheduleRow> => {
  const [row] = await database.query<ScheduleRow>(
    `SELECT ${columns} FROM schedules s WHERE s.id = $1 AND ($2::uuid IS NULL OR s.owner_id = $2)
     ${locked ? 'FOR UPDATE' : ''}`,
    {
      bind: [scheduleId, seenBy(principal)],
      type: QueryTypes.SELECT,
      ...(locked && { transaction: locked }),
    },
  );
  if (row === undefined) throw notFound('schedule');
  return row;
};

/** Newest first. */
export const listSchedules = async (
  database: Sequelize,
  principal: Principal,
  query: ScheduleListQuery,
): Promise<Page<ScheduleRow>> => {
  const rows = await database.query<ScheduleRow>(
    `SELECT ${columns} FROM schedules s
     WHERE ($1::uuid IS NULL OR s.owner_id = $1) AND ($2::uuid IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3`,
    {
      bind: [
        principal.role === 'admin' ? (query.owner ?? null) : principal.userId,
        decodeCursor(query.cursor, uuidForm),
        query.limit + 1,
      ],
      type: QueryTypes.SELECT,
    },
  );
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > query.limit && last ? encodeCursor(last.id) : null };
};

/** What of a schedule may change; what is absent stays. */
export type ScheduleChange = Partial<Omit<ScheduleRow, 'id' | 'ownerId' | 'createdAt' | 'updatedAt'>>;

const columnOf = {
  name: 'name',
  cron: 'cron',
  timeZone: 'time_zone',
  missedRuns: 'missed_runs',
  paused: 'paused',
  task: 'submission',
  nextRunAt: 'next_run_at',
  lastRun: 'last_run',
} as const satisfies Record<keyof ScheduleChange, string>;

/** @param touch whether a person changed it: `updatedAt` tells when. */
export const changeSchedule = async (
  database: Sequelize,
  transaction: Transaction,
  scheduleId: string,
  change: ScheduleChange,
  touch: boolean,
): Promise<ScheduleRow> => {
  const given = (Object.keys(change) as (keyof ScheduleChange)[]).filter((key) => change[key] !== undefined);
  const sets = given.map((key, i) => `${columnOf[key]} = $${i + 2}`);
  if (touch) sets.push('updated_at = clock_timestamp()');
  const [row] = await database.query<ScheduleRow>(
    `UPDATE schedules s SET ${sets.join(', ')} WHERE s.id = $1 RETURNING ${columns}`,
    {
      bind: [
        scheduleId,
        ...given.map((key) =>
          key === 'task' || (key === 'lastRun' && change.lastRun !== null)
            ? postgresJson(change[key])
            : change[key],
        ),
      ],
      type: QueryTypes.SELECT,
      transaction,
    },
  );
  if (row === undefined) throw notFound('schedule');
  return row;
};

export const deleteSchedule = async (
  database: Sequelize,
  principal: Principal,
  scheduleId: string,
): Promise<void> => {
  const rows = await database.query(
    `DELETE FROM schedules WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2) RETURNING id`,
    { bind: [scheduleId, seenBy(principal)], type: QueryTypes.SELECT },
  );
  if (rows.length === 0) throw notFound('schedule');
};

export interface DueSchedule extends ScheduleRow {
  readonly nextRunAt: Date;
  /** The database's clock: the same for every instance. */
  readonly now: Date;
  /** Its owner was disabled or deleted. */
  readonly ownerGone: boolean;
}

/**
 * The schedule that has been due the longest, locked until the transaction ends; one that another instance has locked is
 * passed over, and is not due any more once that one commits.
 *
 * @param except not these.
 */
export const lockDueSchedule = async (
  database: Sequelize,
  transaction: Transaction,
  except: readonly string[],
): Promise<DueSchedule | undefined> => {
  const [row] = await database.query<DueSchedule>(
    `SELECT ${columns}, now() AS now, ${ownerGone('s.owner_id')} AS "ownerGone"
     FROM schedules s WHERE NOT s.paused AND s.next_run_at <= now() AND s.id <> ALL ($1::uuid[])
     ORDER BY s.next_run_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED`,
    { bind: [except], type: QueryTypes.SELECT, transaction },
  );
  return row;
};
