import {
  usePostgres,
  useRedis,
  runProcess,
  startOwnPostgres,
  until,
  type RunningProcess,
} from '@backend2/testkit';
import { migrate } from '@backend2/database';
import { DomainError } from '@backend2/contracts';
import test from 'ava';
import { secretKey, startAuth, useAuthDatabase } from './start-auth.ts';

const main = new URL('../src/main.ts', import.meta.url).pathname;
const createAdmin = new URL('../src/create-admin.ts', import.meta.url).pathname;

test.serial('the first admin is made once, with a password that works and is shown only then', async (t) => {
  const db = await useAuthDatabase(t);
  const env = { DATABASE_URL: db.primaryUrl };
  const runs = [1, 2].map(() =>
    runProcess(t, createAdmin, { args: ['--if-none', '--email', 'Root@example.com'], env, ipc: false }),
  );
  await Promise.all(runs.map(({ exited }) => exited));
  const answers = runs.map(
    ({ output }) => JSON.parse(output) as { email?: string; password?: string; exists?: true },
  );
  const made = answers.find(({ password }) => password !== undefined);
  t.deepEqual(
    answers.find(({ exists }) => exists),
    { exists: true },
  );
  t.is(made?.email, 'root@example.com');
  const auth = await startAuth(t, db);
  const signedIn = await auth.signIn('root@example.com', { password: made?.password ?? '' });
  t.is(auth.tokens.verify(signedIn.access_token).role, 'admin');
});

test.serial('a former secret keeps everyone signed in, and the new one signs', async (t) => {
  const db = await useAuthDatabase(t);
  await db.addUser('ada@example.com');
  const auth = await startAuth(t, db, {
    SECRET_KEY: 'the next secret, which is long enough too',
    PREVIOUS_SECRET_KEYS: secretKey,
  });
  const { access_token: token } = await auth.signIn('ada@example.com');
  t.throws(() => auth.tokens.verify(token), { message: /not valid/ });
});

test.serial(
  'an outdated schema, a login that Postgres refuses and a wrong configuration end the start with a sentence',
  async (t) => {
    const db = await usePostgres(t);
    const redis = await useRedis(t);
    const env = { REDIS_URL: redis.url, DATABASE_URL: db.primaryUrl, OPS_PORT: '0' };
    const stranger = new URL(db.primaryUrl);
    stranger.username = 'nobody-here';
    for (const [url, sentence] of [
      [
        db.primaryUrl,
        /could not start\nThe database's schema is older than this program: it lacks 0001-users, .*\n/,
      ],
      [
        stranger.href,
        /could not start\nPostgres at \S+ cannot be used: .*nobody-here.* that DATABASE_URL is right\.\n/,
      ],
    ] as const) {
      const refused = runProcess(t, main, { env: { ...env, DATABASE_URL: url, LOG_FORMAT: 'pretty' } });
      t.is((await refused.exited).code, 1);
      t.regex(refused.output, sentence);
      t.notRegex(refused.output, /\n\s+at /);
    }
    const elsewhere = { REDIS_URL: 'redis://127.0.0.1:1', DATABASE_URL: 'postgres://127.0.0.1:1/none' };
    const checked = runProcess(t, main, { args: ['--check-config'], env: { ...env, ...elsewhere } });
    t.is((await checked.exited).code, 0);
    t.is(checked.output, '', 'it connects to nothing');
    const wrong = runProcess(t, main, {
      env: { ...env, ALGORITHM: 'none', OPS_PORT: 'x', NODE_ENV: 'production', SECRET_KEY: '' },
    });
    t.is((await wrong.exited).code, 1);
    for (const name of ['ALGORITHM', 'OPS_PORT', 'SECRET_KEY'])
      t.regex(wrong.output, new RegExp(`^ {2}${name}: `, 'm'));
    t.notRegex(wrong.output, /^\s+at /m);
  },
);

test.serial(
  'the service lives through its primary going away and coming back, and a start waits for it',
  async (t) => {
    const { primary } = await startOwnPostgres(t, { standby: false });
    await migrate(primary.url);
    const auth = await startAuth(t, { primaryUrl: primary.url });
    await primary.kill();
    const error = await t.throwsAsync(auth.signIn('ada@example.com'), { instanceOf: DomainError });
    t.is(error.kind, 'unavailable');

    const env = { REDIS_URL: auth.url, DATABASE_URL: primary.url, SECRET_KEY: secretKey, OPS_PORT: '0' };
    const [waiting, leaving] = [1, 2].map(() => runProcess(t, main, { env })) as [
      RunningProcess,
      RunningProcess,
    ];
    await Promise.all(
      [waiting, leaving].map((starting) => starting.line(/ECONNREFUSED.*primary is waited for/)),
    );
    leaving.kill();
    t.like(await leaving.exited, { code: 0 }, leaving.output);

    await primary.start();
    await waiting.line(/"msg":"ready"/);
    await until(
      async () => {
        const answer = await auth
          .signIn('ada@example.com', { address: `192.0.2.${Math.ceil(Math.random() * 250)}` })
          .catch((e: unknown) => e);
        return answer instanceof DomainError && answer.code === 'invalid_grant';
      },
      { timeoutMs: 20_000, what: 'sign-ins decided again' },
    );
    t.is(auth.process.child.exitCode, null);
  },
);
