import test from 'ava';
import { queueRangeText } from '../src/adapters/postgres-dispatch-store.ts';
import { moveText } from '../src/adapters/postgres-recorder-store.ts';
import { openMigrated } from './migrated-database.ts';

const task = '00000000-0000-7000-8000-000000000001';

for (const [what, text, values] of [
  ['a batch of results', moveText, `'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '[]', '[]'`],
  ['a stretch to be queued', queueRangeText, `'${task}', 0, 100, 100`],
] as const) {
  test(`${what} finds its cells by their key in a table that was never analyzed`, async (t) => {
    const client = await openMigrated(t);
    await client.query('ALTER TABLE subtasks SET (autovacuum_enabled = false)');
    await client.query(
      `INSERT INTO tasks (id, owner_id, name, kind, lane, input, variables, axes, batch_size, priority, timeout_ms,
         max_attempts, tags, total, pending)
       VALUES ($1, gen_random_uuid(), 'a sweep', 'http.request', 'standard', '{}', '[]', '[]', 1, 0, 1000, 3, '{}', 10000, 10000)`,
      [task],
    );
    await client.query(
      `INSERT INTO subtasks (task_id, ordinal) SELECT $1, ordinal FROM generate_series(0, 9999) AS ordinal`,
      [task],
    );
    // As a connection plans it once and for all.
    await client.query('SET plan_cache_mode = force_generic_plan');
    await client.query(`PREPARE statement AS ${text}`);
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE statement(${values})`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    t.regex(plan, /Index Scan using subtasks_pkey/);
    t.notRegex(plan, /Seq Scan/);
  });
}
