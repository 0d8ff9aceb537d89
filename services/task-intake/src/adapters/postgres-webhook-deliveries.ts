import {
  webhookTestType,
  type Page,
  type WebhookDeliveryQuery,
  type WebhookDelivery,
  type WebhookDisabledReason,
} from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { ownerGone } from './owner-gone.ts';
import { decodeCursor, encodeCursor, uuidForm } from './page-cursor.ts';
import { dropPending } from './postgres-webhook-store.ts';

export interface DeliveryRow {
  readonly id: string;
  readonly webhook_id: string;
  readonly type: WebhookDelivery['type'];
  readonly task_id: string | null;
  readonly state: 'waiting' | 'queued' | 'succeeded' | 'failed';
  readonly attempts: number;
  readonly max_attempts: number | null;
  readonly due_at: Date;
  readonly created_at: Date;
  readonly last_attempt_at: Date | null;
  readonly response_status: number | null;
  readonly duration_ms: number | null;
  readonly error: string | null;
}

/** What is needed for one attempt. Secrets are sealed. */
export interface ClaimedDelivery extends DeliveryRow {
  readonly body: string;
  readonly url: string;
  readonly secret: string;
  readonly previous_secret: string | null;
  readonly failures: number;
  readonly failing_since: Date | null;
}

type Claim =
  | { readonly kind: 'send'; readonly delivery: ClaimedDelivery }
  /** Not yet due, or another process is at it. */
  | { readonly kind: 'later'; readonly afterMs: number }
  | { readonly kind: 'nothing' };

export interface AttemptFacts {
  readonly responseStatus: number | null;
  readonly durationMs: number;
  readonly error: string | null;
}

export interface FailedAttempt extends AttemptFacts {
  /** Undefined: it was the last. */
  readonly againMs: number | undefined;
  /** How long deliveries not yet begun leave the endpoint alone. */
  readonly holdMs: number;
  readonly disable?: { readonly reason: WebhookDisabledReason; readonly detail: string };
}

export interface WebhookDeliveryStore {
  /**
   * Takes what may be sent now, so many of each webhook under way at a time and one of those that fail, and a test beside
   * them, and has them published in the same transaction. Answers how many.
   */
  take(
    window: number,
    publish: (due: readonly { id: string; delayMs: number }[]) => Promise<void>,
  ): Promise<number>;
  /** Takes back what was published and is overdue by so long. */
  requeueOverdue(overdueMs: number): Promise<number>;
  /** Takes back what was published, but for the `held`, of which there are messages. */
  requeueLost(held: readonly string[]): Promise<number>;
  /** Reserves a delivery for `forMs`, so that it is sent by one process at a time. */
  claim(id: string, forMs: number): Promise<Claim>;
  succeeded(delivery: ClaimedDelivery, facts: AttemptFacts): Promise<void>;
  failed(delivery: ClaimedDelivery, attempt: FailedAttempt): Promise<void>;
  list(webhookId: string, query: WebhookDeliveryQuery): Promise<Page<DeliveryRow>>;
  createTest(webhookId: string, body: string): Promise<DeliveryRow>;
  /** Begins a finished one anew under its id; undefined where there is none, `pending` where it is not finished. */
  redeliver(webhookId: string, id: string): Promise<DeliveryRow | 'pending' | undefined>;
  /**
   * Gives up what waits for an owner who is gone, and of each webhook what waits beyond the latest `mostWaiting`, some at
   * a time; answers how many.
   */
  giveUp(mostWaiting: number): Promise<number>;
  /** Forgets of what ended so long ago, and of each webhook all but the latest `most`, some at a time; answers how many. */
  prune(olderMs: number, most: number): Promise<number>;
}

const columns = `id, webhook_id, type, task_id, state, attempts, max_attempts, due_at, created_at, last_attempt_at,
  response_status, duration_ms, error`;
/** Redis's clock and Postgres's may differ by a little. */
const earlyMs = 250;
const busyMs = 2000;
/** Rows forgotten, or given up, at a time. */
const mostPruned = 20_000;
/**
 * SQL of a recursive query: the webhooks for which something waits, found one by one in the index. Reading all that waits
 * would be slow with a large backlog. The last row is null.
 */
const waiting = `waiting AS (
   (SELECT webhook_id FROM webhook_deliveries WHERE state = 'waiting' ORDER BY webhook_id LIMIT 1)
   UNION ALL
   SELECT (SELECT d.webhook_id FROM webhook_deliveries d
     WHERE d.state = 'waiting' AND d.webhook_id > w.webhook_id ORDER BY d.webhook_id LIMIT 1)
   FROM waiting w WHERE w.webhook_id IS NOT NULL
 )`;

/** Asked each time tasks change, most often in vain: where nothing waits, this index is empty. */
const anyWaitsText = `SELECT true AS waits FROM webhook_deliveries WHERE state = 'waiting' LIMIT 1`;

/**
 * A test is how one finds out whether an endpoint is well again: it waits neither for the backlog nor for the pause that
 * a failure brings, but for another test of the webhook.
 */
const takeText = `WITH RECURSIVE ${waiting}, ready AS MATERIALIZED (
     SELECT w.id, CASE WHEN w.failures = 0 THEN $1::int ELSE 1 END
       - (SELECT count(*)::int FROM webhook_deliveries q
          WHERE q.webhook_id = w.id AND q.state = 'queued' AND q.type <> '${webhookTestType}' AND q.due_at <= now()) AS free
     FROM waiting t JOIN webhooks w ON w.id = t.webhook_id
     WHERE (w.hold_until IS NULL OR w.hold_until <= now()) AND NOT ${ownerGone('w.owner_id')}
   ), tested AS MATERIALIZED (
     SELECT d.webhook_id AS id FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
     WHERE d.type = '${webhookTestType}' AND d.state IN ('waiting', 'queued') AND NOT ${ownerGone('w.owner_id')}
     GROUP BY d.webhook_id HAVING bool_and(d.state = 'waiting')
   ), next AS MATERIALIZED (
     SELECT d.id FROM ready r CROSS JOIN LATERAL (
       SELECT id FROM webhook_deliveries d
       WHERE d.webhook_id = r.id AND d.state = 'waiting' AND d.type <> '${webhookTestType}'
       ORDER BY d.id LIMIT greatest(r.free, 0) FOR NO KEY UPDATE SKIP LOCKED) d
     UNION ALL
     SELECT d.id FROM tested t CROSS JOIN LATERAL (
       SELECT id FROM webhook_deliveries d
       WHERE d.webhook_id = t.id AND d.type = '${webhookTestType}' AND d.state = 'waiting'
       ORDER BY d.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) d
   )
   UPDATE webhook_deliveries d SET state = 'queued' FROM next n WHERE d.id = n.id
   RETURNING d.id, greatest(0, extract(epoch FROM d.due_at - now()) * 1000)::float8 AS delay_ms`;

export const postgresWebhookDeliveries = (database: Sequelize): WebhookDeliveryStore => {
  const select = <T extends object>(sql: string, bind: unknown[], transaction?: Transaction) =>
    database.query<T>(sql, { bind, type: QueryTypes.SELECT, ...(transaction && { transaction }) });

  const note = async (
    { id, webhook_id: webhookId, type }: ClaimedDelivery,
    change: (transaction: Transaction) => Promise<unknown>,
    ofWebhook: (transaction: Transaction) => Promise<unknown>,
  ): Promise<void> =>
    database.transaction(async (transaction) => {
      // The webhook first, as whoever disables it: two that lock in one order never wait for each other.
      await select(`SELECT id FROM webhooks WHERE id = $1 FOR NO KEY UPDATE`, [webhookId], transaction);
      const [open] = await select(
        `SELECT id FROM webhook_deliveries WHERE id = $1 AND state IN ('waiting', 'queued') FOR NO KEY UPDATE`,
        [id],
        transaction,
      );
      if (open === undefined) return;
      await change(transaction);
      if (type !== webhookTestType) await ofWebhook(transaction);
    });

  const attempted = (
    id: string,
    facts: AttemptFacts,
    state: DeliveryRow['state'],
    againMs: number,
    transaction: Transaction,
  ) =>
    database.query(
      `UPDATE webhook_deliveries SET state = $2::text, attempts = attempts + 1, last_attempt_at = clock_timestamp(),
         finished_at = CASE WHEN $2::text = 'queued' THEN NULL ELSE clock_timestamp() END,
         due_at = clock_timestamp() + $3 * interval '1 millisecond', sending_until = NULL,
         response_status = $4, duration_ms = $5, error = $6
       WHERE id = $1`,
      {
        bind: [id, state, againMs, facts.responseStatus, facts.durationMs, facts.error],
        type: QueryTypes.UPDATE,
        transaction,
      },
    );

  return {
    take: async (window, publish) => {
      if ((await select(anyWaitsText, [])).length === 0) return 0;
      return database.transaction(async (transaction) => {
        const rows = await select<{ id: string; delay_ms: number }>(takeText, [window], transaction);
        if (rows.length > 0) await publish(rows.map((row) => ({ id: row.id, delayMs: row.delay_ms })));
        return rows.length;
      });
    },

    requeueOverdue: async (overdueMs) => {
      const rows = await select(
        `UPDATE webhook_deliveries SET state = 'waiting'
         WHERE state = 'queued' AND due_at < now() - $1 * interval '1 millisecond' RETURNING id`,
        [overdueMs],
      );
      return rows.length;
    },

    requeueLost: async (held) => {
      const rows = await select(
        `UPDATE webhook_deliveries SET state = 'waiting'
         WHERE state = 'queued' AND NOT EXISTS (SELECT FROM unnest($1::uuid[]) AS h(id) WHERE h.id = webhook_deliveries.id)
         RETURNING id`,
        [held],
      );
      return rows.length;
    },

    claim: async (id, forMs) => {
      const [delivery] = await select<ClaimedDelivery>(
        `UPDATE webhook_deliveries d SET state = 'queued', sending_until = now() + $2 * interval '1 millisecond'
         FROM webhooks w
         WHERE d.id = $1 AND w.id = d.webhook_id AND d.state IN ('waiting', 'queued')
           AND d.due_at <= now() + $3 * interval '1 millisecond'
           AND (d.sending_until IS NULL OR d.sending_until < now()) AND NOT ${ownerGone('w.owner_id')}
         RETURNING d.*, w.url, w.secret, w.failures, w.failing_since,
           CASE WHEN w.previous_secret_until > now() THEN w.previous_secret END AS previous_secret`,
        [id, forMs, earlyMs],
      );
      if (delivery !== undefined) return { kind: 'send', delivery };
      const [open] = await select<{ due_ms: number }>(
        `SELECT extract(epoch FROM d.due_at - now())::float8 * 1000 AS due_ms
         FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
         WHERE d.id = $1 AND d.state IN ('waiting', 'queued') AND NOT ${ownerGone('w.owner_id')}`,
        [id],
      );
      if (open === undefined) return { kind: 'nothing' };
      return { kind: 'later', afterMs: open.due_ms > 0 ? open.due_ms : busyMs };
    },

    succeeded: (delivery, facts) =>
      note(
        delivery,
        (transaction) => attempted(delivery.id, facts, 'succeeded', 0, transaction),
        (transaction) =>
          database.query(
            `UPDATE webhooks SET failing_since = NULL, failures = 0, hold_until = NULL WHERE id = $1 AND failures > 0`,
            { bind: [delivery.webhook_id], type: QueryTypes.UPDATE, transaction },
          ),
      ),

    failed: (delivery, { againMs, holdMs, disable, ...facts }) =>
      note(
        delivery,
        (transaction) =>
          attempted(
            delivery.id,
            facts,
            againMs === undefined ? 'failed' : 'queued',
            againMs ?? 0,
            transaction,
          ),
        async (transaction) => {
          await database.query(
            `UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, now()),
               hold_until = greatest(hold_until, now() + $2 * interval '1 millisecond'),
               enabled = enabled AND $3::text IS NULL,
               disabled_at = coalesce(disabled_at, CASE WHEN $3::text IS NOT NULL THEN now() END),
               disabled_reason = coalesce(disabled_reason, $3::text), disabled_detail = coalesce(disabled_detail, $4)
             WHERE id = $1`,
            {
              bind: [delivery.webhook_id, holdMs, disable?.reason ?? null, disable?.detail ?? null],
              type: QueryTypes.UPDATE,
              transaction,
            },
          );
          if (disable) await dropPending(database, transaction, delivery.webhook_id, disable.detail);
        },
      ),

    list: async (webhookId, { state, limit, cursor }) => {
      const states = state === 'pending' ? ['waiting', 'queued'] : state === undefined ? null : [state];
      const rows = await select<DeliveryRow>(
        `SELECT ${columns} FROM webhook_deliveries
         WHERE webhook_id = $1 AND ($2::text[] IS NULL OR state = ANY($2)) AND ($3::uuid IS NULL OR id < $3)
         ORDER BY id DESC LIMIT $4`,
        [webhookId, states, decodeCursor(cursor, uuidForm), limit + 1],
      );
      const items = rows.slice(0, limit);
      return {
        items,
        nextCursor: rows.length > limit ? encodeCursor((items.at(-1) as DeliveryRow).id) : null,
      };
    },

    createTest: async (webhookId, body) => {
      const [row] = await select<DeliveryRow>(
        `INSERT INTO webhook_deliveries (id, webhook_id, type, body, max_attempts)
         VALUES ($1, $2, '${webhookTestType}', $3, 1) RETURNING ${columns}`,
        [uuidv7(), webhookId, body],
      );
      return row as DeliveryRow;
    },

    redeliver: async (webhookId, id) => {
      const [row] = await select<DeliveryRow>(
        `UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, due_at = now(), finished_at = NULL,
           sending_until = NULL
         WHERE id = $1 AND webhook_id = $2 AND state IN ('succeeded', 'failed') RETURNING ${columns}`,
        [id, webhookId],
      );
      if (row !== undefined) return row;
      const known = await select(`SELECT id FROM webhook_deliveries WHERE id = $1 AND webhook_id = $2`, [
        id,
        webhookId,
      ]);
      return known.length > 0 ? 'pending' : undefined;
    },

    giveUp: async (mostWaiting) => {
      // Rows that another has locked are left for the next time: two of these never wait for each other.
      const rows = await select(
        `WITH RECURSIVE ${waiting}, beyond AS MATERIALIZED (
           SELECT t.webhook_id, (SELECT d.id FROM webhook_deliveries d
             WHERE d.webhook_id = t.webhook_id AND d.state = 'waiting' ORDER BY d.id DESC OFFSET $1 LIMIT 1) AS latest
           FROM waiting t WHERE t.webhook_id IS NOT NULL
         ), gone AS MATERIALIZED (
           SELECT w.id FROM webhooks w WHERE ${ownerGone('w.owner_id')}
         ), over AS MATERIALIZED (
           SELECT d.id, 'Too much waited for this webhook: the oldest was given up.' AS why
           FROM beyond b CROSS JOIN LATERAL (
             SELECT id FROM webhook_deliveries WHERE webhook_id = b.webhook_id AND state = 'waiting' AND id <= b.latest
             ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) d
           UNION ALL
           SELECT d.id, 'The owner may not sign in any more.'
           FROM gone g CROSS JOIN LATERAL (
             SELECT id FROM webhook_deliveries WHERE webhook_id = g.id AND state IN ('waiting', 'queued')
             LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) d
         ), ended AS (SELECT id, min(why) AS why FROM over GROUP BY id)
         UPDATE webhook_deliveries d SET state = 'failed', finished_at = clock_timestamp(), sending_until = NULL,
           error = e.why
         FROM ended e WHERE d.id = e.id RETURNING d.id`,
        [mostWaiting, mostPruned],
      );
      return rows.length;
    },

    prune: async (olderMs, most) => {
      const rows = await select(
        `DELETE FROM webhook_deliveries WHERE id IN (
           SELECT id FROM webhook_deliveries WHERE finished_at < now() - $1 * interval '1 millisecond'
           UNION ALL
           SELECT id FROM (
             SELECT id, row_number() OVER (PARTITION BY webhook_id ORDER BY id DESC) AS place
             FROM webhook_deliveries WHERE finished_at IS NOT NULL) ranked
           WHERE place > $2
           LIMIT $3) RETURNING id`,
        [olderMs, most, mostPruned],
      );
      return rows.length;
    },
  };
};
