import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checklist, eventually, expect } from './checklist.ts';
import { isOurs, readComposeFile } from './compose-file.ts';
import { engine, healthOf } from './engine.ts';
import { lastComplaints } from './last-complaints.ts';
import { verifyConfinement } from './verify-confinement.ts';
import { verifyEdge } from './verify-edge.ts';
import { verifyFailures } from './verify-failures.ts';
import { verifyNetworks, verifyRedisSettings } from './verify-networks.ts';
import { verifyPrometheus } from './verify-prometheus.ts';
import { verifyRecovery } from './verify-recovery.ts';

// Run by scripts/verify-containers. What may be set:
//   VERIFY_COMPOSE     docker compose                      every command on the project but the first
//   VERIFY_COMPOSE_UP  docker compose up --build --detach  builds the images and brings the file up
//   VERIFY_DOCKER      docker                              commands on containers
//   VERIFY_INSIDE      (nothing)                           runs a program where published ports can be reached
//   VERIFY_PORT        18000                               where the gateway is published; nginx on the two after it
//   VERIFY_EDGE        1                                   0 where nginx's image cannot be had
//   VERIFY_PROMETHEUS  1                                   0 where Prometheus's image cannot be had
//   VERIFY_KEEP        0                                   1 leaves everything up

const root = fileURLToPath(new URL('../..', import.meta.url));
const given = (name: string, otherwise: string): string => process.env[name] || otherwise;
const project = 'backend2-verify';
const port = Number(given('VERIFY_PORT', '18000'));
const withEdge = given('VERIFY_EDGE', '1') === '1';
const minutes = (count: number): number => count * 60_000;

const folder = mkdtempSync(join(tmpdir(), 'backend2-verify-'));
const secretsFile = join(folder, 'secrets.env');
execFileSync(join(root, 'scripts/init-env'), [secretsFile]);
const secrets = Object.fromEntries(
  readFileSync(secretsFile, 'utf8')
    .split('\n')
    .filter((line) => /^\w+=/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);
// nginx reads it as another user.
chmodSync(folder, 0o755);
const certificate = join(folder, 'tls.crt');
execFileSync(
  'openssl',
  `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost
   -keyout ${join(folder, 'tls.key')} -out ${certificate}`.split(/\s+/),
  { stdio: 'ignore' },
);
chmodSync(join(folder, 'tls.key'), 0o644);

const bare = { ...process.env, COMPOSE_PROJECT_NAME: project, BACKEND2_VERSION: 'verify' };
const env: NodeJS.ProcessEnv = {
  ...bare,
  ...secrets,
  GATEWAY_PORT: String(port),
  EDGE_HTTPS_PORT: String(port + 1),
  EDGE_HTTP_PORT: String(port + 2),
  EDGE_TLS_DIR: folder,
  COMPOSE_PROFILES: withEdge ? 'edge' : '',
  // So that four workers bear a small machine.
  STANDARD_WORKER_PROCESSES: '1',
  LUMINA_WORKER_PROCESSES: '1',
};

const machine = engine({
  project,
  up: given('VERIFY_COMPOSE_UP', 'docker compose up --build --detach'),
  compose: given('VERIFY_COMPOSE', 'docker compose'),
  docker: given('VERIFY_DOCKER', 'docker'),
  inside: given('VERIFY_INSIDE', ''),
  env,
  cwd: root,
});
const list = checklist();
const file = readComposeFile(root);
const profiles = new Set(env['COMPOSE_PROFILES']?.split(','));
const running = Object.entries(file.services)
  .filter(([, service]) => (service.profiles ?? []).every((profile) => profiles.has(profile)))
  .map(([name, service]) => ({ name, service }));

const down = () => machine.compose('down', '--volumes', '--remove-orphans');
const admin: Record<string, string> = {};
const sweep = async (url = `http://localhost:${port}`, more: NodeJS.ProcessEnv = {}): Promise<string> => {
  const { status, output } = await machine.outside('scripts/containers/example-sweep.ts', [url], {
    ...env,
    ...admin,
    ...more,
  });
  expect(status === 0, output);
  return output
    .split('\n')
    .filter((line) => line.startsWith('Lane'))
    .join('; ');
};
const allHealthy = async (): Promise<void> => {
  for (const { name, service } of running) {
    for (const container of await machine.containers(name)) {
      if (service.restart === 'no') continue;
      expect(
        healthOf(container) === 'healthy',
        `${container.Name} is ${healthOf(container) ?? container.State.Status}`,
      );
    }
  }
};

try {
  if (existsSync(join(root, '.env'))) console.log('skip  without secrets nothing starts: there is an .env');
  else
    await list.check('without secrets nothing starts, and it is said what to run', async () => {
      const { status, output } = await machine.up(bare);
      expect(status !== 0 && output.includes('run scripts/init-env'), output);
    });

  await list.check('the images are built and everything comes up from nothing', async () => {
    const { status, output } = await machine.up();
    expect(status === 0, output.slice(-4000));
  });
  await list.check('every service is healthy, every one-shot ended well', async () => {
    await eventually(allHealthy, minutes(3));
    for (const { name, service } of running) {
      const containers = await machine.containers(name);
      expect(containers.length > 0, `${name} was not started`);
      for (const { State } of service.restart === 'no' ? containers : [])
        expect(State.Status === 'exited' && State.ExitCode === 0, `${name} ended with ${State.ExitCode}`);
    }
    return running.map(({ name }) => name).join(', ');
  });
  await list.check('the first admin was made and its password said', async () => {
    const [container] = await machine.containers('first-admin');
    const said = /\{"email".*\}/.exec(await machine.docker('logs', container?.Id ?? ''))?.[0] ?? '{}';
    const { email = '', password = '' } = JSON.parse(said) as { email?: string; password?: string };
    expect(password.length >= 20, 'its log has no password');
    Object.assign(admin, { BACKEND2_EMAIL: email, BACKEND2_PASSWORD: password });
    return email;
  });
  await list.check('the example sweep finishes through the published port', () => sweep());
  await list.check('the standby streams, and asks for what the slot keeps', async () => {
    const [primary] = await machine.containers('postgres');
    const sql = `select application_name, state, (select active from pg_replication_slots where slot_name = 'standby') from pg_stat_replication`;
    const rows = await machine.docker(
      'exec',
      primary?.Id ?? '',
      'psql',
      '-U',
      'postgres',
      '-d',
      'backend2',
      '-Atc',
      sql,
    );
    expect(/streaming\|t/.test(rows), rows);
    return rows.trim();
  });

  await verifyConfinement({ list, machine, running });
  await verifyNetworks({ list, machine, project, port, running });
  await verifyRedisSettings({ list, machine }, secrets['REDIS_PASSWORD_OPERATOR'] ?? '');
  if (withEdge) {
    const url = `https://localhost:${port + 1}`;
    const trusting = { NODE_EXTRA_CA_CERTS: certificate };
    await verifyEdge({
      list,
      machine,
      url,
      env: { ...env, ...admin, ...trusting },
      sweep: () => sweep(url, trusting),
    });
  }
  await verifyFailures({ list, machine, sweep: () => sweep(), allHealthy, minutes });

  await list.check('four standard workers by --scale, all healthy, and a sweep', async () => {
    await machine.compose('up', '--detach', '--no-build', '--no-recreate', '--scale', 'standard-worker=4');
    await eventually(async () => {
      const workers = await machine.containers('standard-worker');
      expect(workers.length === 4, `there are ${workers.length}`);
      await allHealthy();
    }, minutes(3));
    return sweep();
  });
  if (given('VERIFY_PROMETHEUS', '1') === '1')
    await verifyPrometheus({
      root,
      list,
      machine,
      services: running
        .filter(({ service }) => service.restart !== 'no' && isOurs(service))
        .map(({ name }) => name),
      withinMs: minutes(2),
    });
  await verifyRecovery({
    list,
    machine,
    project,
    url: `http://localhost:${port}`,
    env: { ...env, ...admin },
    running,
    postgresPassword: secrets['POSTGRES_PASSWORD'] ?? '',
    sweep: () => sweep(),
    allHealthy,
    minutes,
  });
} finally {
  if (list.failed > 0)
    console.log(
      await lastComplaints(
        machine,
        running.map(({ name }) => name),
      ).catch(String),
    );
  if (given('VERIFY_KEEP', '0') === '0') await down().catch((error: unknown) => console.error(String(error)));
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${list.passed} passed, ${list.failed} failed`);
process.exitCode = list.failed > 0 ? 1 : 0;
