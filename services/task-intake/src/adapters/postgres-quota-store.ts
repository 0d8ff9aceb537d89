import { DomainError, type QuotaPatch, type QuotaView } from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';

/** Configured limits, for users who have none of their own. */
export interface QuotaDefaults {
  readonly unfinishedTasks: number;
  readonly waitingSubtasks: number;
  readonly schedules: number;
}

type Counted = keyof QuotaDefaults;

/** What work that is put in the queue adds to. */
export const ofWork = ['unfinishedTasks', 'waitingSubtasks'] as const satisfies readonly Counted[];

const wordOf: Readonly<Record<Counted, string>> = {
  unfinishedTasks: 'unfinished tasks',
  waitingSubtasks: 'waiting subtasks',
  schedules: 'schedules',
};

/** Long enough that a client does not wait for it in a loop: room comes when work ends, not with time. */
const retryAfterSeconds = 300;

export interface QuotaStore {
  of(userId: string): Promise<QuotaView>;
  update(userId: string, patch: QuotaPatch): Promise<QuotaView>;
  /**
   * To be called once the transaction has added something. Whoever is refused has to roll back.
   *
   * @param alone waits until no other transaction of the user is between this and its commit, which makes the answer
   * exact; without it the answer is an early one.
   * @throws DomainError `quota_exceeded`.
   */
  check(transaction: Transaction, userId: string, what: readonly Counted[], alone: boolean): Promise<void>;
}

export const postgresQuotaStore = (database: Sequelize, defaults: QuotaDefaults): QuotaStore => {
  const read = async (userId: string, transaction?: Transaction): Promise<QuotaView> => {
    const [row] = await database.query<QuotaRow>(
      `SELECT own.*, tasks.*, (SELECT count(*)::int FROM schedules WHERE owner_id = $1) AS schedules_used
       FROM (SELECT count(*)::int AS tasks_used, coalesce(sum(pending + queued), 0)::int AS subtasks_used
         FROM tasks WHERE owner_id = $1 AND deleted_at IS NULL AND state IN ('pending', 'running', 'paused')) tasks
       LEFT JOIN (SELECT unfinished_tasks, waiting_subtasks, schedules FROM quotas WHERE user_id = $1) own ON true`,
      {
        bind: [userId],
        type: QueryTypes.SELECT,
        ...(transaction && { transaction }),
      },
    );
    if (row === undefined) throw new Error('A count answered no row.');
    return {
      userId,
      unfinishedTasks: { used: row.tasks_used, limit: row.unfinished_tasks ?? defaults.unfinishedTasks },
      waitingSubtasks: { used: row.subtasks_used, limit: row.waiting_subtasks ?? defaults.waitingSubtasks },
      schedules: { used: row.schedules_used, limit: row.schedules ?? defaults.schedules },
    };
  };

  return {
    of: (userId) => read(userId),
    update: async (userId, patch) => {
      const given = (name: Counted): boolean => patch[name] !== undefined;
      await database.query(
        `INSERT INTO quotas (user_id, unfinished_tasks, waiting_subtasks, schedules) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET
           unfinished_tasks = CASE WHEN $5 THEN $2 ELSE quotas.unfinished_tasks END,
           waiting_subtasks = CASE WHEN $6 THEN $3 ELSE quotas.waiting_subtasks END,
           schedules = CASE WHEN $7 THEN $4 ELSE quotas.schedules END,
           changed_at = clock_timestamp()`,
        {
          bind: [
            userId,
            patch.unfinishedTasks ?? null,
            patch.waitingSubtasks ?? null,
            patch.schedules ?? null,
            given('unfinishedTasks'),
            given('waitingSubtasks'),
            given('schedules'),
          ],
        },
      );
      return read(userId);
    },
    check: async (transaction, userId, what, alone) => {
      if (alone) {
        await database.query(`SELECT pg_advisory_xact_lock(hashtextextended('backend2 quota ' || $1, 0))`, {
          bind: [userId],
          transaction,
        });
      }
      const quota = await read(userId, transaction);
      for (const counted of what) {
        const { used, limit } = quota[counted];
        if (used > limit) {
          throw new DomainError(
            'limited',
            'quota_exceeded',
            `This would make ${used.toLocaleString('en')} ${wordOf[counted]}; you may have ${limit.toLocaleString('en')}.`,
            { retryAfterSeconds },
          );
        }
      }
    },
  };
};

interface QuotaRow {
  readonly tasks_used: number;
  readonly subtasks_used: number;
  readonly schedules_used: number;
  readonly unfinished_tasks: number | null;
  readonly waiting_subtasks: number | null;
  readonly schedules: number | null;
}
