import { validationFailed, type AuditEntry, type AuditQuery, type Page } from '@backend2/contracts';
import { postgresJson, type Database } from '@backend2/database';
import { QueryTypes, type Sequelize } from 'sequelize';
import type { AuditLog } from '../domain/audit-log.ts';

const columns = `id, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, user_id as "userId",
  api_key_id as "apiKeyId", action, target, details, address, user_agent as "userAgent", request_id as "requestId",
  outcome, status, code`;

const recordSql = `
  insert into audit_log (id, at, user_id, api_key_id, action, target, target_ids, details, address, user_agent,
    request_id, outcome, status, code)
  select id, at, "userId", "apiKeyId", action, target, array(select value from jsonb_each_text(target)), details,
    address, "userAgent", "requestId", outcome, status, code
  from jsonb_to_recordset($1::jsonb) as entry (id uuid, at timestamptz, "userId" uuid, "apiKeyId" uuid, action text,
    target jsonb, details jsonb, address text, "userAgent" text, "requestId" text, outcome text, status smallint,
    code text)
  on conflict (id) do update set user_id = excluded.user_id, target = excluded.target,
    target_ids = excluded.target_ids, details = excluded.details, outcome = excluded.outcome,
    status = excluded.status, code = excluded.code
  where audit_log.outcome = 'begun' and excluded.outcome <> 'begun'`;

/** Of an entry's beginning and its end in one batch the end counts, in whatever order they come. */
const latest = (entries: readonly AuditEntry[]): AuditEntry[] => {
  const byId = new Map<string, AuditEntry>();
  for (const entry of entries) {
    if (entry.outcome !== 'begun' || !byId.has(entry.id)) byId.set(entry.id, entry);
  }
  return [...byId.values()];
};

const cursorForm = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

export const recordEntries = async (server: Sequelize, entries: readonly AuditEntry[]): Promise<void> => {
  await server.query(recordSql, { bind: [postgresJson(latest(entries))], type: QueryTypes.RAW });
};

export const postgresAuditLog = (database: Database): AuditLog => ({
  record: (entries) => recordEntries(database.primary, entries),

  list: async (query: AuditQuery): Promise<Page<AuditEntry>> => {
    const { limit, cursor, userId, apiKeyId, action, outcome, targetId, since, until } = query;
    if (cursor !== undefined && !cursorForm.test(cursor))
      throw validationFailed([{ path: '?cursor', message: 'did not come from a page of this list' }]);
    const rows = await database.read((server) =>
      server.query<AuditEntry & object>(
        `select ${columns} from audit_log
         where ($1::uuid is null or id < $1) and ($2::uuid is null or user_id = $2)
           and ($3::uuid is null or api_key_id = $3) and ($4::text is null or action = $4)
           and ($5::text is null or outcome = $5) and ($6::text is null or target_ids @> array[$6])
           and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
         order by id desc limit $9`,
        {
          bind: [
            cursor ?? null,
            userId ?? null,
            apiKeyId ?? null,
            action ?? null,
            outcome ?? null,
            targetId ?? null,
            since ?? null,
            until ?? null,
            limit + 1,
          ],
          type: QueryTypes.SELECT,
        },
      ),
    );
    const items = rows.slice(0, limit);
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  },

  forget: async (before) => {
    await database.primary.query(`delete from audit_log where at < $1`, { bind: [before] });
  },
});
