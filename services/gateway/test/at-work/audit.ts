import { createClient } from '@backend2/client';
import type { AuditEntry, AuditQuery } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test from 'ava';
import { Redis } from 'ioredis';
import pg from 'pg';
import { codeOf, password } from '../shared-system.ts';
import { shared } from './system.ts';

/** Once so many entries tell how their change ended, which is written within a moment of it. */
const entries = (query: Partial<AuditQuery>, count: number): Promise<AuditEntry[]> =>
  until(
    async () => {
      const { items } = await shared().root.system.audit(query);
      return items.length >= count && items.every(({ outcome }) => outcome !== 'begun') && items;
    },
    { what: `${count} entries of the audit log` },
  );

const sweep = { name: 'Lake', kind: 'image.generate', input: { prompts: [{ value: 'a lake' }] } };

export const auditTests = (): void => {
  test.serial('every change says who, what, when, from where, and what came of it', async (t) => {
    const { system, beside, root, user } = shared();
    const began = Date.now();
    const [ada, bob] = [await user('ada'), await user('bob')];
    const client = createClient({ baseUrl: system.url, token: ada.token });
    const { key, id: keyId } = await client.apiKeys.create({ name: 'ci' });
    const task = await client.tasks.create(sweep);
    const withKey = createClient({ baseUrl: beside, token: key });
    await withKey.tasks.updateSubtask(task.id, 0, { rating: 'good' });
    const asBob = createClient({ baseUrl: beside, token: bob.token });
    t.is(await codeOf(asBob.tasks.delete(task.id)), 'not_found');
    t.is(await codeOf(asBob.users.update(ada.id, { role: 'admin' })), 'admin_only');
    await root.users.update(bob.id, { name: 'Robert', role: 'admin' });
    const wrong = await fetch(`${system.url}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'x-forwarded-for': '203.0.113.77', 'user-agent': 'a guesser' },
      body: new URLSearchParams({ grant_type: 'password', username: ada.email, password: 'hunter2 hunter2' }),
    });
    t.is(wrong.status, 400);

    const said = (entry: AuditEntry | undefined) => {
      const { userId, apiKeyId, action, target, outcome, status, code } = entry as AuditEntry;
      return { userId, apiKeyId, action, target, outcome, status, code };
    };
    const done = { apiKeyId: null, outcome: 'done', code: null };
    const ofTask = await entries({ targetId: task.id }, 3);
    t.deepEqual(ofTask.map(said), [
      {
        userId: bob.id,
        apiKeyId: null,
        action: 'deleteTask',
        target: { taskId: task.id },
        outcome: 'refused',
        status: 404,
        code: 'not_found',
      },
      {
        ...done,
        userId: ada.id,
        apiKeyId: keyId,
        action: 'updateSubtask',
        target: { taskId: task.id, ordinal: '0' },
        status: 200,
      },
      { ...done, userId: ada.id, action: 'createTask', target: { id: task.id }, status: 202 },
    ]);
    t.like(ofTask[2]?.details, { name: 'Lake', kind: 'image.generate', lane: 'standard' });
    t.regex(JSON.stringify(ofTask[2]?.details['fields']), /"input"/, 'which fields, not what they hold');

    const [denied] = await entries({ userId: bob.id, action: 'updateUser' }, 1);
    t.like(denied, { outcome: 'refused', status: 403, code: 'admin_only', target: { userId: ada.id } });
    const [promoted] = await entries({ targetId: bob.id, action: 'updateUser' }, 1);
    t.like(promoted, { outcome: 'done', details: { fields: ['name', 'role'], role: 'admin' } });
    const [made] = await entries({ action: 'createUser', targetId: ada.id }, 1);
    t.like(made, { details: { email: ada.email, role: 'user' } });
    const [guess] = await entries({ action: 'issueToken', outcome: 'refused' }, 1);
    t.like(guess, { userId: null, address: '203.0.113.77', userAgent: 'a guesser', code: 'invalid_grant' });
    const [signedIn] = await entries({ action: 'issueToken', userId: ada.id }, 1);
    t.like(signedIn, { outcome: 'done', details: { grant_type: 'password' } });
    t.true(Date.parse(signedIn?.at ?? '') >= began - 1000);
    const [first] = await entries({ action: 'createFirstAdmin' }, 1);
    t.is(first?.outcome, 'done');

    const all = JSON.stringify((await root.system.audit({ limit: 200 })).items);
    for (const secret of [password, 'hunter2', key, ada.token, ada.refreshToken])
      t.false(all.includes(secret), 'nothing secret is in the log');
  });

  test.serial('an admin pages through the log and narrows it, nobody else reads it', async (t) => {
    const { system, root, user } = shared();
    const ada = await user('pages');
    const client = createClient({ baseUrl: system.url, token: ada.token });
    for (let n = 0; n < 7; n += 1) await client.auth.updateMe({ name: `Name ${n}` });
    const whole = await entries({ userId: ada.id, action: 'updateMe' }, 7);
    const paged: AuditEntry[] = [];
    for await (const entry of root.system.iterateAudit({ userId: ada.id, action: 'updateMe', limit: 3 }))
      paged.push(entry);
    t.deepEqual(paged, whole);
    const before = whole[2]?.at ?? '';
    const since = whole[5]?.at ?? '';
    const between = (await root.system.audit({ userId: ada.id, action: 'updateMe', since, until: before }))
      .items;
    t.true(between.length >= 1 && between.every(({ at }) => at >= since && at < before));
    t.is(await codeOf(client.system.audit()), 'admin_only');
    t.is(await codeOf(root.system.audit({ cursor: 'x' })), 'validation_failed');
  });

  test.serial('what has ended in the log cannot be changed, not even by its service', async (t) => {
    const database = new pg.Client({ connectionString: shared().system.databaseUrl });
    await database.connect();
    t.teardown(() => database.end());
    await entries({ action: 'createUser', outcome: 'done' }, 1);
    await t.throwsAsync(database.query(`update audit_log set user_id = null where outcome = 'done'`), {
      message: /cannot be changed/,
    });
  });

  test.serial(
    'a change whose end nobody lived to tell stands in the log as begun, one unanswered as failed',
    async (t) => {
      const { system, root, user } = shared();
      const ada = await user('killed');
      const auth = system.services.get('auth')?.process;
      const doomed = await system.startGateway();
      const patch = (url: string) =>
        fetch(`${url}/api/v1/users/me`, {
          method: 'PATCH',
          headers: { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'Ada' }),
        });
      const redis = new Redis(system.redisUrl);
      t.teardown(() => redis.disconnect());
      auth?.kill('SIGSTOP');
      try {
        const cut = t.throwsAsync(patch(doomed.url));
        const kept = async () => JSON.stringify(await redis.xrange('app:{audit}', '-', '+'));
        await until(async () => (await kept()).includes('updateMe'), { what: 'the beginning kept' });
        doomed.process.kill('SIGKILL');
        await cut;
        t.is((await patch(system.url)).status, 503);
      } finally {
        auth?.kill('SIGCONT');
      }
      await until(
        async () => {
          const now = (await root.system.audit({ userId: ada.id, action: 'updateMe' })).items;
          return now.map(({ outcome }) => outcome).join() === 'failed,begun';
        },
        { what: 'both outcomes' },
      );
    },
  );

  test.serial('an admin sees who works each stream off, and the verdict', async (t) => {
    const { system, root, user } = shared();
    const { items } = await root.system.consumers();
    const workers = items.find(({ topic }) => topic === 'standard_tasks');
    t.true((workers?.consumers.length ?? 0) >= 1);
    t.false(workers?.consumers[0]?.dead);
    t.true(items.some(({ topic, consumers }) => topic === 'audit' && consumers.length === 1));
    const verdict = await until(() => root.system.health().catch(() => undefined), { what: 'a verdict' });
    t.true(Object.keys(verdict?.checks ?? {}).length > 0);
    const ada = createClient({ baseUrl: system.url, token: (await user('curious')).token });
    t.is(await codeOf(ada.system.consumers()), 'admin_only');
    t.is(await codeOf(ada.system.deadLetters('audit')), 'admin_only');
  });

  test.serial('a dead letter is listed, put back, and forgotten', async (t) => {
    const { system, root } = shared();
    const redis = new Redis(system.redisUrl);
    t.teardown(() => redis.disconnect());
    await redis.xadd('app:{audit}', '*', 'm', 'broken-1\n{"no":"entry"}');
    const letters = async () => (await root.system.deadLetters('audit')).items;
    await until(async () => (await letters()).length === 1, { what: 'the dead letter' });
    const [letter] = await letters();
    t.like(letter, { messageId: 'broken-1', reason: 'unparsable', payload: { no: 'entry' } });
    const entryId = letter?.entryId ?? '';
    t.deepEqual(await root.system.redrive({ topic: 'audit', entryIds: [entryId] }), {
      count: 1,
      more: false,
    });
    const [again] = await until(
      async () => {
        const now = await letters();
        return now[0] && now[0].entryId !== entryId && now;
      },
      { what: 'its second death' },
    );
    t.is(again?.messageId, 'broken-1');
    t.deepEqual(await root.system.discard({ topic: 'audit', entryIds: 'all' }), { count: 1, more: false });
    t.deepEqual(await letters(), []);
    t.like((await entries({ action: 'discardDeadLetters' }, 1))[0], {
      outcome: 'done',
      details: { topic: 'audit', entryIds: 'all' },
    });
  });

  test.serial('a dead subtask begins as another run and is failed or done by that', async (t) => {
    const { root } = shared();
    const task = await root.tasks.create({
      name: 'refused',
      kind: 'http.request',
      input: { url: 'http://127.0.0.1:1/{{n}}' },
      variables: [{ name: 'n', values: [1, 2, 3] }],
      maxAttempts: 1,
    });
    const dead = async (run: number) =>
      (await root.system.deadLetters('standard_tasks')).items.filter(
        ({ payload }) => (payload as { run: number }).run === run,
      );
    t.is((await root.tasks.waitUntilFinished(task.id)).state, 'failed');
    const first = await until(async () => (await dead(1)).length === 3 && dead(1), {
      what: 'three dead letters',
    });
    const one = await root.system.redrive({
      topic: 'standard_tasks',
      entryIds: [first[1]?.entryId ?? '', '1-1'],
    });
    t.deepEqual(one, { count: 1, more: false });
    await until(async () => (await dead(2)).length === 1 && (await dead(1)).length === 2, {
      what: 'the second run of one',
    });
    await root.tasks.delete(task.id);
    const rest = await root.system.redrive({ topic: 'standard_tasks', entryIds: 'all' });
    t.deepEqual(rest, { count: 0, more: false }, 'a task that is gone has nothing to run again');
    t.deepEqual((await root.system.deadLetters('standard_tasks')).items, []);
  });

  test.serial(
    'a lane keeps its latest dead letters; what went with the others is in the books',
    async (t) => {
      const { root, system } = shared();
      const values = Array.from({ length: 6 }, (_, n) => n);
      const task = await root.tasks.create({
        name: 'refused six times',
        kind: 'http.request',
        input: { url: 'http://127.0.0.1:1/{{n}}' },
        variables: [{ name: 'n', values }],
        maxAttempts: 1,
      });
      const letters = async () => (await root.system.deadLetters('standard_tasks')).items;
      t.is((await root.tasks.waitUntilFinished(task.id)).counts.failed, 6);
      await until(async () => (await letters()).length === 4, {
        timeoutMs: 30_000,
        what: 'four letters left',
      });
      await root.tasks.retry(task.id);
      const latest = async () => {
        const runs = (await letters()).map(({ payload }) => (payload as { run: number }).run);
        return runs.length === 4 && runs.every((run) => run === 2);
      };
      await until(latest, { timeoutMs: 30_000, what: 'four letters of the second run' });
      const again = await root.tasks.waitUntilFinished(task.id);
      t.like(again, { state: 'failed', counts: { failed: 6 } });
      t.true((await root.tasks.subtask(task.id, 0)).error !== null);
      const ops = system.services.get('task-intake')?.ports['ops'];
      const metrics = await (await fetch(`http://127.0.0.1:${ops}/metrics`)).text();
      t.regex(metrics, /^backend2_stream_dead_letters_trimmed_total\{.*topic="standard_tasks".*\} 8$/m);
      t.regex(metrics, /^backend2_stream_dead_letters_max\{.*topic="standard_tasks".*\} 4$/m);
    },
  );
};
