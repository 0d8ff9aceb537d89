import { DomainError, taskSubmissionSchema } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { startOwnPostgres, until } from '@backend2/testkit';
import test from 'ava';
import { startIntake } from './intake-process.ts';

test('what waits for a primary that hangs is given up, and once it answers all accepted work is done, and once', async (t) => {
  const { primary } = await startOwnPostgres(t, { standby: false });
  await migrate(primary.url);
  const intake = await startIntake(t, {
    DATABASE_URL: primary.url,
    DATABASE_REPLICA_URLS: '',
    DB_SILENCE_TIMEOUT: '3s',
  });
  const { rpc, user: principal, first } = intake;
  const ran: number[] = [];
  await intake.startWorker(async ({ ordinal }) => void ran.push(ordinal), 4);
  const sweep = {
    name: 'a sweep',
    kind: 'http.request',
    input: { url: 'http://localhost/{{n}}' },
    variables: [{ name: 'n', values: Array.from({ length: 100 }, (_, n) => n) }],
    batchSize: 20,
  };
  const { id } = await intake.submit(sweep);
  await until(() => ran.length > 200, { what: 'the work under way' });

  t.teardown(() => primary.resume());
  primary.pause();
  const submission = taskSubmissionSchema.parse(sweep);
  const refused = await t.throwsAsync(
    rpc.call('tasks.create', { principal, submission }, { timeoutMs: 50_000 }),
    { instanceOf: DomainError },
  );
  t.is(refused.code, 'database_unavailable');
  const failures = () => intake.metric(first, 'backend2_dispatch_failures_total', 'lane="standard"');
  await until(async () => (await failures()) > 0, { what: 'the dispatcher giving up' });

  primary.resume();
  t.is((await intake.finished(id, 60_000)).counts.succeeded, 2000);
  t.deepEqual(
    ran.toSorted((one, other) => one - other),
    Array.from({ length: 2000 }, (_, ordinal) => ordinal),
  );
});
