import type { Page, Principal, TaskListQuery } from '@backend2/contracts';
import { QueryTypes, type Sequelize } from 'sequelize';
import { decodeCursor, encodeCursor, uuidForm } from './page-cursor.ts';
import { taskColumns, type TaskRow } from './task-rows.ts';

/** `\`, `%` and `_` mean themselves in a search. */
const likePattern = (search: string): string => `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;

/** Only what is asked stands in the statement, so that the planner sees which index serves it. */
export const listStatement = (
  principal: Principal,
  query: TaskListQuery,
): { sql: string; bind: unknown[] } => {
  const { owner, status, lane, kind, search, tag, createdFrom, createdBefore, limit } = query;
  const cursor = decodeCursor(query.cursor, uuidForm);
  const bind: unknown[] = [];
  const where = ['t.deleted_at IS NULL'];
  const found: string[] = [];
  const keep = (conditions: string[], condition: (place: string) => string, value: unknown): void => {
    if (value !== undefined && value !== null) conditions.push(condition(`$${bind.push(value)}`));
  };
  if (principal.role !== 'admin') keep(where, (own) => `t.owner_id = ${own}`, principal.userId);
  keep(where, (of) => `t.owner_id = ${of}::uuid`, owner);
  keep(where, (state) => `t.state = ${state}::task_state`, status);
  keep(where, (of) => `t.lane = ${of}::lane`, lane);
  keep(where, (of) => `t.kind = ${of}`, kind);
  keep(where, (last) => `t.id < ${last}::uuid`, cursor);
  keep(found, (pattern) => `name ILIKE ${pattern}`, search && likePattern(search));
  keep(found, (tags) => `tags @> ${tags}::text[]`, tag);
  keep(found, (from) => `created_at >= ${from}::timestamptz`, createdFrom);
  keep(found, (before) => `created_at < ${before}::timestamptz`, createdBefore);
  if (found.length > 0) where.push(`t.id IN (SELECT task_id FROM task_search WHERE ${found.join(' AND ')})`);
  const sql = `SELECT ${taskColumns} FROM tasks t WHERE ${where.join(' AND ')} ORDER BY t.id DESC LIMIT ${limit + 1}`;
  return { sql, bind };
};

/** Newest first; the cursor is an id, so rows that arrive meanwhile neither repeat nor hide others. */
export const listTasks = async (
  database: Sequelize,
  principal: Principal,
  query: TaskListQuery,
): Promise<Page<TaskRow>> => {
  const { sql, bind } = listStatement(principal, query);
  const rows = await database.query<TaskRow>(sql, { bind, type: QueryTypes.SELECT });
  const items = rows.slice(0, query.limit);
  return { items, nextCursor: rows.length > query.limit ? encodeCursor((items.at(-1) as TaskRow).id) : null };
};
