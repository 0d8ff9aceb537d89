import test from 'ava';
import {
  artifactsConfig,
  ConfigError,
  corsConfig,
  databaseConfig,
  loadConfig,
  logConfig,
  redisConfig,
  redisConnection,
  secretListText,
  securityConfig,
  taskBackendConfig,
  type ConfigSchema,
  type SecurityConfig,
} from '../src/index.ts';

const schema = {
  artifacts: artifactsConfig,
  log: logConfig,
  redis: redisConfig,
  database: databaseConfig,
  security: securityConfig,
  cors: corsConfig,
  tasks: taskBackendConfig,
} as unknown as ConfigSchema<Record<string, never>>;
const load = (env: Record<string, string>) =>
  loadConfig(schema, env) as unknown as {
    readonly tasks: { readonly resultTtl: number };
    readonly redis: Parameters<typeof redisConnection>[0];
    readonly log: { readonly level: string };
  };
const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

test('every bad variable is named in one message, and no secret with its value', (t) => {
  const problems = problemsOf({
    LOG_LEVEL: 'loud',
    DB_POOL_SIZE: '12abc',
    DEBUG: 'flase',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    ALGORITHM: 'none',
  });
  t.deepEqual(
    problems.map((problem) => problem.split(':', 1)[0]).toSorted((a = '', b = '') => a.localeCompare(b)),
    ['ALGORITHM', 'DATABASE_URL', 'DB_POOL_SIZE', 'DEBUG', 'LOG_LEVEL'],
  );
  t.notRegex(problems.join('\n'), /hunter2/);
});

test('an empty variable counts as unset', (t) => {
  t.is(load({ LOG_LEVEL: '' }).log.level, 'INFO');
});

test("an older deployment's names are understood, and the present name wins", (t) => {
  t.is(load({ DRAMATIQ_RESULT_TTL: '60' }).tasks.resultTtl, 60);
  t.is(load({ DRAMATIQ_RESULT_TTL: '60', TASK_RESULT_TTL: '70' }).tasks.resultTtl, 70);
});

test('former secrets are a plain list, or a JSON array where one has a comma, and are written as either', (t) => {
  const former = (text: string) =>
    (load({ PREVIOUS_SECRET_KEYS: text }) as unknown as { security: SecurityConfig }).security
      .previousSecretKeys;
  t.deepEqual(former('one, two,'), ['one', 'two']);
  t.deepEqual(former('["one,two", "three"]'), ['one,two', 'three']);
  t.deepEqual(former('[brackets],of a key'), ['[brackets]', 'of a key']);
  for (const secrets of [[], ['one'], ['one', 'two'], ['one,two'], [' one', 'two'], ['["', 'two']])
    t.deepEqual(former(secretListText(secrets)), secrets);
  t.is(secretListText(['one', 'two']), 'one,two');
  for (const wrong of ['["one', '["one", 2]', '["one", ""]'])
    t.regex(problemsOf({ PREVIOUS_SECRET_KEYS: wrong })[0] ?? '', /^PREVIOUS_SECRET_KEYS: must be a comma/);
});

test('a production start refuses the development secret, debugging, and any origin with cookies', (t) => {
  const problems = problemsOf({ NODE_ENV: 'production', DEBUG: 'true', CORS_CREDENTIALS: 'true' });
  t.deepEqual(
    problems.map((problem) => problem.split(':', 1)[0]).toSorted((a = '', b = '') => a.localeCompare(b)),
    ['CORS_ORIGINS', 'DEBUG', 'SECRET_KEY'],
  );
});

test('Redis is reached in each of its three forms, with user and password from the URL', (t) => {
  const url = 'rediss://me:p%40ss@host:6380/3';
  t.deepEqual(redisConnection(load({ REDIS_URL: url }).redis), { kind: 'single', url });
  t.deepEqual(
    redisConnection(
      load({ REDIS_URL: url, REDIS_SENTINELS: 'a:1,b:2', REDIS_SENTINEL_MASTER: 'main' }).redis,
    ),
    {
      kind: 'sentinel',
      sentinels: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      master: 'main',
      db: 3,
      username: 'me',
      password: 'p@ss',
      tls: true,
    },
  );
  t.is(redisConnection(load({ REDIS_CLUSTER_NODES: 'a:1,b:2' }).redis).kind, 'cluster');
  t.deepEqual(
    problemsOf({ REDIS_SENTINELS: 'a:1', REDIS_CLUSTER_NODES: 'b:2' })
      .map((problem) => problem.split(':', 1)[0])
      .toSorted((a = '', b = '') => a.localeCompare(b)),
    ['REDIS_CLUSTER_NODES', 'REDIS_SENTINEL_MASTER'],
  );
});

test('artifacts in a bucket need all it takes to reach it, each missing part by its name', (t) => {
  t.deepEqual(problemsOf({ ARTIFACTS_STORE: 's3', ARTIFACTS_S3_ENDPOINT: 'https://s3.example.com' }), [
    'ARTIFACTS_S3_BUCKET: must be set when ARTIFACTS_STORE is s3',
    'ARTIFACTS_S3_ACCESS_KEY_ID: must be set when ARTIFACTS_STORE is s3',
    'ARTIFACTS_S3_SECRET_ACCESS_KEY: must be set when ARTIFACTS_STORE is s3',
  ]);
  t.regex(problemsOf({ ARTIFACTS_STORE: 'floppy' }).join(), /^ARTIFACTS_STORE: /);
});
