import type { Migration } from './migration.ts';

/** Lets tests be found ahead of the backlog of an endpoint that fails, however long that is. */
export const webhookTests: Migration = {
  name: '0083-webhook-tests',
  up: [
    `CREATE INDEX webhook_deliveries_tests ON webhook_deliveries (webhook_id, id)
       WHERE type = 'webhook.test' AND state IN ('waiting', 'queued')`,
  ],
  down: [`DROP INDEX webhook_deliveries_tests`],
};
