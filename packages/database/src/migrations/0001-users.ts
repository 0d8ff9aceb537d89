import type { Migration } from './migration.ts';

export const users: Migration = {
  name: '0001-users',
  up: [
    `create table users (
       id uuid primary key,
       email text not null check (email = lower(email) and length(email) between 3 and 254),
       name text not null check (length(name) between 1 and 200),
       role text not null check (role in ('user', 'admin')),
       password_hash text not null,
       password_changed_at timestamptz not null default now(),
       -- Access tokens issued before are refused.
       tokens_valid_from timestamptz,
       disabled_at timestamptz,
       -- The row is kept for what the user made, and the address is free again.
       deleted_at timestamptz,
       created_at timestamptz not null default now(),
       updated_at timestamptz not null default now()
     )`,
    `create unique index users_email_unique on users (lower(email)) where deleted_at is null`,
    `create index users_created on users (created_at, id)`,
    `create index users_tokens_valid_from on users (tokens_valid_from)`,
    `-- A sign-in and all the refresh tokens that came of it.
     create table sessions (
       id uuid primary key,
       user_id uuid not null references users (id) on delete cascade,
       created_at timestamptz not null default now(),
       last_used_at timestamptz not null default now(),
       expires_at timestamptz not null,
       revoked_at timestamptz,
       revoked_why text check (revoked_why in ('logout', 'reuse', 'password', 'disabled', 'deleted', 'admin')),
       check ((revoked_at is null) = (revoked_why is null))
     )`,
    `create index sessions_of_user on sessions (user_id) where revoked_at is null`,
    `create index sessions_revoked on sessions (revoked_at) where revoked_at is not null`,
    `create index sessions_expiry on sessions (expires_at)`,
    `create table refresh_tokens (
       hash bytea primary key check (length(hash) = 32),
       session_id uuid not null references sessions (id) on delete cascade,
       created_at timestamptz not null default now(),
       expires_at timestamptz not null,
       used_at timestamptz
     )`,
    `create index refresh_tokens_of_session on refresh_tokens (session_id)`,
  ],
  down: [`drop table refresh_tokens`, `drop table sessions`, `drop table users`],
};
