import type { Migration } from './migration.ts';

/** Runs that workers are yet to be told to stop; a row is gone once they were. */
export const stopOrders: Migration = {
  name: '0082-stop-orders',
  up: [
    `CREATE TABLE stop_orders (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       task_id uuid NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
       up_to_run integer NOT NULL
     )`,
  ],
  down: [`DROP TABLE stop_orders`],
};
