import type {
  WebhookCreation,
  WebhookDisabledReason,
  WebhookFilterName,
  WebhookPatch,
} from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';

export interface WebhookRow {
  readonly id: string;
  readonly owner_id: string;
  readonly url: string;
  readonly events: WebhookFilterName[];
  readonly tags: string[];
  readonly description: string;
  /** Sealed. */
  readonly secret: string;
  readonly previous_secret: string | null;
  readonly previous_secret_until: Date | null;
  readonly enabled: boolean;
  readonly disabled_at: Date | null;
  readonly disabled_reason: WebhookDisabledReason | null;
  readonly disabled_detail: string | null;
  readonly failing_since: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface WebhookStore {
  list(ownerId: string): Promise<WebhookRow[]>;
  /** Undefined where the owner has `most` already. */
  create(
    webhook: WebhookCreation & { readonly id: string; readonly ownerId: string; readonly secret: string },
    most: number,
  ): Promise<WebhookRow | undefined>;
  /** These and the following answer undefined where there is none, or it is another's. */
  find(id: string, ownerId: string): Promise<WebhookRow | undefined>;
  update(id: string, ownerId: string, patch: WebhookPatch): Promise<WebhookRow | undefined>;
  remove(id: string, ownerId: string): Promise<boolean>;
  /** The present secret goes on being used for `graceMs`. */
  rotate(id: string, ownerId: string, secret: string, graceMs: number): Promise<WebhookRow | undefined>;
  /** Seals every secret anew that `seal` answers something for. */
  reseal(seal: (sealed: string, webhookId: string) => string | undefined): Promise<number>;
}

/** Locked, the row keeps others of its owner from being counted at the same time. */
const lockOwner = (database: Sequelize, transaction: Transaction, ownerId: string) =>
  database.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 75))`, {
    bind: [`webhooks of ${ownerId}`],
    transaction,
  });

/** What waits for an endpoint that is told nothing any more ends with the reason. */
export const dropPending = (
  database: Sequelize,
  transaction: Transaction,
  webhookId: string,
  why: string,
): Promise<unknown> =>
  database.query(
    `UPDATE webhook_deliveries SET state = 'failed', finished_at = clock_timestamp(), sending_until = NULL, error = $2
     WHERE webhook_id = $1 AND state IN ('waiting', 'queued') AND type <> 'webhook.test'`,
    { bind: [webhookId, why], type: QueryTypes.UPDATE, transaction },
  );

export const postgresWebhookStore = (database: Sequelize): WebhookStore => {
  const one = async (sql: string, bind: unknown[], transaction?: Transaction) => {
    const [row] = await database.query<WebhookRow>(sql, {
      bind,
      type: QueryTypes.SELECT,
      ...(transaction && { transaction }),
    });
    return row;
  };
  return {
    list: (ownerId) =>
      database.query<WebhookRow>(`SELECT * FROM webhooks WHERE owner_id = $1 ORDER BY id DESC`, {
        bind: [ownerId],
        type: QueryTypes.SELECT,
      }),

    create: ({ id, ownerId, url, events, tags, description, enabled, secret }, most) =>
      database.transaction(async (transaction) => {
        await lockOwner(database, transaction, ownerId);
        return one(
          `INSERT INTO webhooks (id, owner_id, url, events, tags, description, secret, enabled, disabled_at,
             disabled_reason, disabled_detail)
           SELECT $1::uuid, $2::uuid, $3, $4::text[], $5::text[], $6, $7, $8::boolean,
             CASE WHEN NOT $8::boolean THEN clock_timestamp() END, CASE WHEN NOT $8::boolean THEN 'owner' END,
             CASE WHEN NOT $8::boolean THEN $10 END
           WHERE (SELECT count(*) FROM webhooks WHERE owner_id = $2::uuid) < $9
           RETURNING *`,
          [id, ownerId, url, events, tags, description, secret, enabled, most, disabledByOwner],
          transaction,
        );
      }),

    find: (id, ownerId) => one(`SELECT * FROM webhooks WHERE id = $1 AND owner_id = $2`, [id, ownerId]),

    update: (id, ownerId, { url, events, tags, description, enabled }) =>
      database.transaction(async (transaction) => {
        const row = await one(
          `UPDATE webhooks SET url = coalesce($3, url), events = coalesce($4::text[], events),
             tags = coalesce($5::text[], tags), description = coalesce($6, description),
             enabled = coalesce($7::boolean, enabled),
             disabled_at = CASE WHEN $7::boolean IS FALSE THEN coalesce(disabled_at, clock_timestamp())
               WHEN $7::boolean THEN NULL ELSE disabled_at END,
             disabled_reason = CASE WHEN $7::boolean IS FALSE THEN coalesce(disabled_reason, 'owner')
               WHEN $7::boolean THEN NULL ELSE disabled_reason END,
             disabled_detail = CASE WHEN $7::boolean IS FALSE THEN coalesce(disabled_detail, $8)
               WHEN $7::boolean THEN NULL ELSE disabled_detail END,
             failing_since = CASE WHEN $7::boolean AND NOT enabled THEN NULL ELSE failing_since END,
             failures = CASE WHEN $7::boolean AND NOT enabled THEN 0 ELSE failures END,
             hold_until = CASE WHEN $3 IS NOT NULL OR ($7::boolean AND NOT enabled) THEN NULL ELSE hold_until END,
             updated_at = clock_timestamp()
           WHERE id = $1 AND owner_id = $2 RETURNING *`,
          [
            id,
            ownerId,
            url ?? null,
            events ?? null,
            tags ?? null,
            description ?? null,
            enabled ?? null,
            disabledByOwner,
          ],
          transaction,
        );
        if (row?.enabled === false)
          await dropPending(database, transaction, id, row.disabled_detail ?? disabledByOwner);
        return row;
      }),

    remove: async (id, ownerId) =>
      (await one(`DELETE FROM webhooks WHERE id = $1 AND owner_id = $2 RETURNING *`, [id, ownerId])) !==
      undefined,

    rotate: (id, ownerId, secret, graceMs) =>
      one(
        `UPDATE webhooks SET previous_secret = secret, secret = $3, updated_at = clock_timestamp(),
           previous_secret_until = clock_timestamp() + $4 * interval '1 millisecond'
         WHERE id = $1 AND owner_id = $2 RETURNING *`,
        [id, ownerId, secret, graceMs],
      ),

    reseal: (seal) =>
      database.transaction(async (transaction) => {
        const rows = await database.query<Pick<WebhookRow, 'id' | 'secret' | 'previous_secret'>>(
          `SELECT id, secret, previous_secret FROM webhooks ORDER BY id FOR NO KEY UPDATE`,
          { type: QueryTypes.SELECT, transaction },
        );
        const changed = rows.flatMap(({ id, secret, previous_secret: previous }) => {
          const sealed = {
            secret: seal(secret, id),
            previous: previous === null ? undefined : seal(previous, id),
          };
          if (sealed.secret === undefined && sealed.previous === undefined) return [];
          return [{ id, secret: sealed.secret ?? secret, previous: sealed.previous ?? previous }];
        });
        if (changed.length === 0) return 0;
        await database.query(
          `UPDATE webhooks w SET secret = c.secret, previous_secret = c.previous
           FROM unnest($1::uuid[], $2::text[], $3::text[]) AS c(id, secret, previous) WHERE w.id = c.id`,
          {
            bind: [
              changed.map(({ id }) => id),
              changed.map(({ secret }) => secret),
              changed.map(({ previous }) => previous),
            ],
            type: QueryTypes.UPDATE,
            transaction,
          },
        );
        return changed.length;
      }),
  };
};

const disabledByOwner = 'Its owner disabled it.';
