import type { Migration } from './migration.ts';

/** Every change somebody asked for. What has ended is never changed again; only its age removes it. */
export const auditLog: Migration = {
  name: '0070-audit-log',
  up: [
    `create table audit_log (
       -- By time, as the gateway drew it.
       id uuid primary key,
       at timestamptz not null,
       user_id uuid,
       api_key_id uuid,
       action text not null,
       target jsonb not null,
       -- The values of target, for whoever looks by them.
       target_ids text[] not null,
       details jsonb not null,
       address text not null,
       user_agent text,
       request_id text not null,
       outcome text not null check (outcome in ('begun', 'done', 'refused', 'failed')),
       status smallint,
       code text
     )`,
    `create index audit_log_at on audit_log (at)`,
    `create index audit_log_of_user on audit_log (user_id, id)`,
    `create index audit_log_of_action on audit_log (action, id)`,
    `create index audit_log_of_target on audit_log using gin (target_ids)`,
    `create function refuse_audit_change() returns trigger language plpgsql as $$
     begin
       raise exception 'an entry of the audit log that has ended cannot be changed'
         using errcode = 'check_violation', constraint = tg_name;
     end $$`,
    `create trigger audit_log_stays before update on audit_log for each row
       when (old.outcome <> 'begun') execute function refuse_audit_change()`,
  ],
  down: [`drop table audit_log`, `drop function refuse_audit_change()`],
};
