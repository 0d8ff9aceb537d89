/** Services that use the database, and the login that takes backups; each is a role of its own. */
export const serviceRoles = ['auth', 'task_intake', 'health', 'backup'] as const;
export type ServiceRole = (typeof serviceRoles)[number];

/** Columns after it narrow a right to them. */
export type Privilege = 'select' | 'insert' | 'update' | 'delete' | `select (${string})`;
export type Access = Partial<Record<ServiceRole, readonly Privilege[]>>;

const all = ['select', 'insert', 'update', 'delete'] as const;

/**
 * Who may do what with each table; nobody else may do anything, and `backup` may read all. A table that no migration's
 * author named here stops the check: a service would be refused what it needs, or given what it must not have.
 */
export const tableAccess: Readonly<Record<string, Access>> = {
  schema_migrations: { auth: ['select'], task_intake: ['select'], health: ['select'] },

  users: {
    auth: all,
    // Whether the owner of a schedule is still here.
    task_intake: ['select (id, disabled_at, deleted_at)'],
  },
  sessions: { auth: all },
  refresh_tokens: { auth: all },
  api_keys: { auth: all },
  audit_log: { auth: all },

  tasks: {
    task_intake: all,
    // How much waits, and since when; nothing of what it is.
    health: ['select (lane, pending, deleted_at, state, run_at, created_at)'],
  },
  task_search: { task_intake: ['select', 'insert', 'delete'] },
  subtasks: { task_intake: all },
  artifacts: { task_intake: all },
  stop_orders: { task_intake: all },
  lanes: { task_intake: ['select', 'update'] },
  quotas: { task_intake: ['select', 'insert', 'update'] },
  schedules: { task_intake: all },
  webhooks: { task_intake: all },
  webhook_deliveries: { task_intake: all },
};
