import { taskSubmissionSchema } from '@backend2/contracts';
import test from 'ava';
import { v7 as uuidv7 } from 'uuid';
import { aUser, startIntake } from './intake-process.ts';

test('a creation repeated under its id, even at the same moment, makes one task; another user cannot see it by that', async (t) => {
  const intake = await startIntake(t);
  const submission = taskSubmissionSchema.parse({
    name: 'twice',
    kind: 'http.request',
    input: { url: 'http://localhost/{{n}}' },
    variables: [{ name: 'n', values: [1, 2] }],
  });
  const taskId = uuidv7();
  const create = (principal = intake.user) =>
    intake.rpc.call('tasks.create', { principal, submission, taskId });
  const tasks = await Promise.all([create(), create(), create()]);
  t.deepEqual(
    tasks.map(({ id }) => id),
    [taskId, taskId, taskId],
  );
  const { items } = await intake.rpc.call('tasks.list', { principal: intake.user, query: { limit: 50 } });
  t.is(items.length, 1);
  t.is(items[0]?.total, 2);
  await t.throwsAsync(create(aUser()), { message: 'There is no such task.' });
});
