import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { freePort, runProcess, startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import pg from 'pg';
import { generate } from 'selfsigned';
import { createAdmin, migrateDatabase } from './start-system.ts';

const certificate = async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, keyEncipherment: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { cert, key };
};

const certificateFiles = async (t: ExecutionContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'backend2-tls-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, { cert, key }: { cert: string; key: string }) => {
    const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key, { mode: 0o600 });
    // Postgres runs as another user where the tests run as root, and wants the key to be its own.
    if (process.getuid?.() === 0 && name === 'postgres') chownSync(files.key, 65_534, 65_534);
    return files;
  };
  return write;
};

/** The serial number of the certificate a server shows. */
const shown = (port: number, ca: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.end();
    });
    socket.once('error', reject);
  });

const post = (port: number, ca: string, path: string, body: unknown) =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ca, path, method: 'POST' };
    const asked = request({ ...options, headers: { 'content-type': 'application/json' } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asked.once('error', reject);
    asked.end(JSON.stringify(body));
  });

test('services speak TLS to Postgres and Redis and HTTPS to the world, refuse who cannot prove who they are, and take up a new certificate while they run', async (t) => {
  t.timeout(300_000);
  const write = await certificateFiles(t);
  const first = await certificate();
  const files = write('gateway', first);
  const ofPostgres = write('postgres', first);
  const tlsPort = await freePort();
  const [postgres, redis] = await Promise.all([
    startOwnPostgres(t, { standby: false, password: 'postgres-of-this-test' }),
    startOwnRedis(t, {
      password: 'redis-of-this-test',
      settings: {
        'tls-port': String(tlsPort),
        'tls-cert-file': files.cert,
        'tls-key-file': files.key,
        'tls-ca-cert-file': files.cert,
        'tls-auth-clients': 'no',
      },
    }),
  ]);
  const admin = new pg.Client({ connectionString: postgres.primary.url });
  await admin.connect();
  t.teardown(() => admin.end());
  await admin.query(`alter system set ssl_cert_file = '${ofPostgres.cert}'`);
  await admin.query(`alter system set ssl_key_file = '${ofPostgres.key}'`);
  await admin.query('alter system set ssl = on');
  await admin.query('select pg_reload_conf()');
  const secureUrl = `${postgres.primary.url}?sslmode=verify-full`;
  const refusal = await until(
    async () => {
      const stranger = new pg.Client({ connectionString: secureUrl });
      return stranger.connect().then(
        () => 'accepted',
        (error: unknown) =>
          !/does not support SSL/.test((error as Error).message) && (error as Error).message,
      );
    },
    { timeoutMs: 60_000, what: 'TLS at Postgres' },
  );
  t.regex(refusal, /self.signed certificate/, 'who does not know the CA does not connect');

  const env = {
    DATABASE_URL: secureUrl,
    DATABASE_REPLICA_URLS: '',
    REDIS_URL: `rediss://:redis-of-this-test@127.0.0.1:${tlsPort}`,
    NODE_EXTRA_CA_CERTS: files.cert,
    SECRET_KEY: 'a secret of this test alone, and long enough',
    TLS_CERT_FILE: files.cert,
    TLS_KEY_FILE: files.key,
    PORT: '0',
    OPS_PORT: '0',
    DASHBOARD_DIR: 'none',
  };
  await migrateDatabase(t, env);
  const { email, password } = await createAdmin(t, env);
  const start = (name: string) =>
    runProcess(t, fileURLToPath(new URL(`../../../services/${name}/src/main.ts`, import.meta.url)), {
      env,
    }).message<{ ports: { http: number } }>(
      (message) => (message as { type?: unknown }).type === 'ready',
      120_000,
    );
  const [{ ports }] = await Promise.all([start('gateway'), start('auth')]);

  const login = { grant_type: 'password', username: email, password };
  const answer = await post(ports.http, first.cert, '/api/v1/auth/token', login);
  t.is(answer.status, 200, answer.text);
  t.regex(String(answer.headers['strict-transport-security']), /max-age=/);

  const { rows } = await admin.query<{ plain: number; secure: number }>(
    `select count(*) filter (where not s.ssl)::int as plain, count(*) filter (where s.ssl)::int as secure
     from pg_stat_ssl s join pg_stat_activity a using (pid)
     where a.application_name like 'backend2%' and a.pid <> pg_backend_pid()`,
  );
  t.is(rows[0]?.plain, 0);
  t.true((rows[0]?.secure ?? 0) > 0);
  const plain = new Redis(redis.url);
  t.teardown(() => plain.disconnect());
  const clients = String(await plain.call('CLIENT', 'LIST'))
    .trim()
    .split('\n');
  t.is(
    clients.filter((client) => !client.includes(`laddr=127.0.0.1:${tlsPort}`)).length,
    1,
    'this test alone',
  );

  const second = await certificate();
  const before = await shown(ports.http, first.cert);
  write('gateway', second);
  const after = await until(() => shown(ports.http, second.cert), {
    timeoutMs: 60_000,
    what: 'the new certificate',
  });
  t.not(after, before);
});
