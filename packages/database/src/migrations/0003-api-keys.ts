import type { Migration } from './migration.ts';

export const apiKeys: Migration = {
  name: '0003-api-keys',
  up: [
    `create table api_keys (
       id uuid primary key,
       user_id uuid not null references users (id) on delete cascade,
       name text not null check (length(name) between 1 and 200),
       prefix text not null,
       hash bytea not null unique check (length(hash) = 32),
       scopes text[] not null check (scopes <@ array['read', 'write', 'admin'] and cardinality(scopes) > 0),
       created_at timestamptz not null default now(),
       expires_at timestamptz,
       last_used_at timestamptz,
       deleted_at timestamptz
     )`,
    `create index api_keys_of_user on api_keys (user_id, created_at) where deleted_at is null`,
  ],
  down: [`drop table api_keys`],
};
