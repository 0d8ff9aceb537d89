import { subtaskStates, taskStates } from '@backend2/contracts';
import test from 'ava';
import { subtaskTransitions, taskTransitions } from '../src/domain/task-states.ts';
import { openMigrated } from './migrated-database.ts';

test('the database allows exactly the transitions that the state models do', async (t) => {
  const client = await openMigrated(t);
  const id = '00000000-0000-7000-8000-000000000001';
  const allows = async (table: 'tasks' | 'subtasks', from: string, to: string): Promise<boolean> => {
    const key = table === 'tasks' ? 'id' : 'task_id';
    await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    await client.query(`UPDATE ${table} SET state = $1 WHERE ${key} = $2`, [from, id]);
    await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    return client.query(`UPDATE ${table} SET state = $1 WHERE ${key} = $2`, [to, id]).then(
      () => true,
      () => false,
    );
  };
  await client.query(
    `INSERT INTO tasks (id, owner_id, name, kind, lane, input, variables, axes, batch_size, priority, timeout_ms,
       max_attempts, tags, total, pending) VALUES ($1, $1, 'n', 'k.k', 'standard', '{}', '[]', '[]', 1, 0, 1, 1, '{}', 1, 1)`,
    [id],
  );
  await client.query(`INSERT INTO subtasks (task_id, ordinal) VALUES ($1, 0)`, [id]);
  for (const from of taskStates) {
    for (const to of taskStates) {
      t.is(
        await allows('tasks', from, to),
        from === to || taskTransitions[from].includes(to),
        `task ${from} to ${to}`,
      );
    }
  }
  for (const from of subtaskStates) {
    for (const to of subtaskStates) {
      const legal = from === to || subtaskTransitions[from].includes(to);
      t.is(await allows('subtasks', from, to), legal, `subtask ${from} to ${to}`);
    }
  }
});
