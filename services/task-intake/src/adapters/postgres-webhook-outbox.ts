import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import {
  hears,
  taskEvent,
  taskEventTypes,
  type Listener,
  type WebhookEvent,
} from '../domain/webhook-events.ts';
import { ownerGone } from './owner-gone.ts';
import { taskViewOf, type TaskHead } from './task-rows.ts';

/** The enabled webhooks that hear of a row of `tasks`, as `Listener`s; null where there are none. */
export const listenersColumn = `(SELECT jsonb_agg(jsonb_build_object('id', w.id, 'events', w.events)) FROM webhooks w
  WHERE w.owner_id = tasks.owner_id AND w.enabled AND w.tags <@ tasks.tags AND NOT ${ownerGone('w.owner_id')}) AS listeners`;

export interface Told {
  readonly event: WebhookEvent;
  readonly listeners: readonly Listener[];
}

/**
 * Writes a delivery for each webhook that hears of an event, in the transaction of the change it tells of: neither is
 * there without the other. A webhook deleted meanwhile is left out.
 */
export const insertDeliveries = async (
  database: Sequelize,
  transaction: Transaction,
  told: readonly Told[],
): Promise<void> => {
  const rows = told.flatMap(({ event, listeners }) =>
    listeners.filter((listener) => hears(listener, event.type)).map(({ id }) => ({ webhookId: id, event })),
  );
  if (rows.length === 0) return;
  await database.query(
    `INSERT INTO webhook_deliveries (id, webhook_id, type, task_id, body)
     SELECT r.id, r.webhook_id, r.type, r.task_id, r.body
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[]) AS r(id, webhook_id, type, task_id, body)
     JOIN webhooks w ON w.id = r.webhook_id AND w.enabled
     FOR KEY SHARE OF w`,
    {
      bind: [
        rows.map(() => uuidv7()),
        rows.map(({ webhookId }) => webhookId),
        rows.map(({ event }) => event.type),
        rows.map(({ event }) => event.taskId),
        rows.map(({ event }) => event.body),
      ],
      type: QueryTypes.RAW,
      transaction,
    },
  );
};

/** Tells of tasks that went from one state to another. @param before rows of `lockTasks`. */
export const tellTaskChanges = async (
  database: Sequelize,
  transaction: Transaction,
  before: readonly TaskHead[],
  after: readonly TaskHead[],
): Promise<void> => {
  const at = new Date();
  const now = new Map(after.map((task) => [task.id, taskViewOf(task)]));
  const told = before.flatMap((task): Told[] => {
    const { listeners } = task;
    const view = now.get(task.id);
    if (!listeners || view === undefined) return [];
    const types = taskEventTypes(taskViewOf(task), view);
    return types.map((type) => ({ event: taskEvent(type, view, at), listeners }));
  });
  await insertDeliveries(database, transaction, told);
};
