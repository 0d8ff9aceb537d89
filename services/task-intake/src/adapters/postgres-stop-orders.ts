import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';

export interface StopOrder {
  readonly taskId: string;
  readonly upToRun: number;
}

export interface StopOrderStore {
  /** Hands out orders that wait; they are gone once `give` resolves, and wait on where it rejects. */
  take(give: (orders: readonly StopOrder[]) => Promise<void>): Promise<void>;
}

/** In the transaction of the change that undoes the runs: neither is there without the other. */
export const orderStop = async (
  database: Sequelize,
  transaction: Transaction,
  { taskId, upToRun }: StopOrder,
): Promise<void> => {
  await database.query(`INSERT INTO stop_orders (task_id, up_to_run) VALUES ($1, $2)`, {
    bind: [taskId, upToRun],
    transaction,
  });
};

const atOnce = 100;

export const postgresStopOrders = (database: Sequelize): StopOrderStore => ({
  take: (give) =>
    database.transaction(async (transaction) => {
      const orders = await database.query<StopOrder>(
        `DELETE FROM stop_orders WHERE id IN
           (SELECT id FROM stop_orders ORDER BY id LIMIT ${atOnce} FOR UPDATE SKIP LOCKED)
         RETURNING task_id AS "taskId", up_to_run AS "upToRun"`,
        { type: QueryTypes.SELECT, transaction },
      );
      if (orders.length > 0) await give(orders);
    }),
});
