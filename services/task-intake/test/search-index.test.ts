import { taskListQuerySchema } from '@backend2/contracts';
import test from 'ava';
import { listStatement } from '../src/adapters/postgres-task-list.ts';
import { aUser } from './intake-process.ts';
import { openMigrated } from './migrated-database.ts';

test('a search among many tasks is served by the index on names, tags by theirs', async (t) => {
  const client = await openMigrated(t);
  await client.query(
    `INSERT INTO tasks (id, owner_id, name, kind, lane, input, variables, axes, batch_size, priority, timeout_ms,
       max_attempts, tags, total, pending)
     SELECT ('0198b7a4-6f7e-7c3a-9a45-' || lpad(i::text, 12, '0'))::uuid, gen_random_uuid(), 'sweep ' || md5(i::text),
       'image.generate', 'standard', '{}', '[]', '[]', 1, 0, 1000, 3, ARRAY['t' || i / 10], 1, 1
     FROM generate_series(1, 20000) AS i`,
  );
  await client.query('VACUUM ANALYZE tasks, task_search');
  const plan = async (asked: object): Promise<{ plan: string; rows: number }> => {
    const { sql, bind } = listStatement(aUser('admin'), taskListQuerySchema.parse(asked));
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ANALYZE ${sql}`, bind);
    const lines = rows.map((row) => row['QUERY PLAN']);
    return {
      plan: lines.join('\n'),
      rows: Number(/rows=(\d+)[^=]*loops=1\)/.exec((lines[0] ?? '').split('actual')[1] ?? '')?.[1]),
    };
  };
  const named = await plan({ search: 'C4CA4238a0b9' });
  t.regex(named.plan, /Bitmap Index Scan on task_search_name/);
  t.notRegex(named.plan, /Seq Scan/);
  t.is(named.rows, 1);
  const tagged = await plan({ tag: 't7' });
  t.regex(tagged.plan, /Bitmap Index Scan on task_search_tags/);
  t.is(tagged.rows, 10);
});
