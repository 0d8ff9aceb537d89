import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { composeVariables } from '../../check/compose-variables.ts';
import { serviceVariables } from '../../configuration/service-variables.ts';
import {
  interpolationsIn,
  isOurs,
  networksOf,
  readComposeFile,
  targetOf,
  type ComposeService,
} from '../compose-file.ts';
import { inherited, readStages } from '../dockerfile.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const compose = readComposeFile(root);
const services = Object.entries(compose.services);
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const stages = readStages(root);

const isOneShot = ({ restart }: ComposeService): boolean => restart === 'no';
const drawSecrets = (t: ExecutionContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'backend2-env-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, '.env');
  const draw = () => execFileSync('sh', [join(root, 'scripts/init-env'), file], { encoding: 'utf8' });
  const read = () =>
    new Map(
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /^\w+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
    );
  return { file, draw, read };
};

test('every container is confined: no capability, no way to more, a read-only root, limits, bounded logs', (t) => {
  // These write beside their programs and cannot be read-only.
  const writable = new Set(['elasticsearch', 'elasticsearch-setup', 'kibana']);
  for (const [name, service] of services) {
    t.deepEqual(service.cap_drop, ['ALL'], name);
    t.false('cap_add' in service, name);
    t.false('privileged' in service, name);
    t.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    if (!writable.has(name)) t.true(service.read_only, `${name} is read-only`);
    t.regex(service.mem_limit ?? '', /^\d+[mg]$/, `${name} has mem_limit`);
    t.true((service.pids_limit ?? 0) > 0, `${name} has pids_limit`);
    t.true((service.cpus ?? 0) > 0, `${name} has cpus`);
    t.truthy(service.logging?.options?.['max-size'], `${name} has bounded logs`);
    t.true(['no', 'unless-stopped'].includes(service.restart ?? ''), `${name} has a restart policy`);
    t.false('container_name' in service, `${name} can be scaled and run twice on a machine`);
  }
});

test('every service that stays is watched by a health check', (t) => {
  for (const [name, service] of services.filter(([, one]) => !isOneShot(one))) {
    const byImage = inherited(stages, targetOf(service)).some((one) => one.name === 'HEALTHCHECK');
    t.true(service.healthcheck !== undefined || (isOurs(service) && byImage), name);
  }
});

test('only gateways and nginx are published; tools of the operator on the machine itself alone', (t) => {
  for (const [name, { ports = [] }] of services) {
    if (['gateway', 'nginx'].includes(name)) t.true(ports.length > 0, name);
    else for (const port of ports) t.regex(port, /^127\.0\.0\.1:/, name);
  }
  const on = (network: string) =>
    services.filter(([, one]) => networksOf(one).includes(network)).map(([name]) => name);
  t.deepEqual(on('public').toSorted(), ['edge-gateway', 'gateway', 'nginx']);
  // Who is on the network of the books has a role in Postgres.
  t.deepEqual(on('books').toSorted(), [
    'auth',
    'backup',
    'first-admin',
    'health-aggregator',
    'migrate',
    'operate',
    'postgres',
    'postgres-standby',
    'task-intake',
  ]);
  // Engines, http.request and webhooks; the other two for trackers and collectors alone.
  t.deepEqual(on('outbound').toSorted(), [
    'auth',
    'health-aggregator',
    'lumina-worker',
    'standard-worker',
    'task-intake',
  ]);
  t.true(compose.networks['backend']?.internal);
  t.true(compose.networks['books']?.internal);
  for (const name of ['postgres', 'postgres-standby', 'redis'])
    t.false(
      networksOf(compose.services[name] as ComposeService).some(
        (network) => !compose.networks[network]?.internal,
      ),
      name,
    );
});

test('every service has its image, built from the one Dockerfile by exactly one entry', (t) => {
  const images = new Set(services.filter(([, one]) => isOurs(one)).map(([, one]) => one.image));
  for (const image of images) {
    const builds = services.filter(([, one]) => one.image === image && one.build !== undefined);
    t.is(builds.length, 1, image);
    const [name, { build }] = builds[0] as [string, ComposeService];
    t.is(build?.dockerfile, 'infra/docker/Dockerfile', name);
    t.is(build?.target, targetOf(builds[0]?.[1] as ComposeService), name);
    t.true(
      stages.some((stage) => stage.name === build?.target),
      `the Dockerfile has ${build?.target}`,
    );
  }
  for (const name of Object.keys(serviceVariables)) t.truthy(compose.services[name]?.build, name);
});

test('what each service is given is what its schema reads, and every setting of an operator gets through', async (t) => {
  t.deepEqual((await composeVariables.run(root)).problems, []);
});

test('the gateway speaks TLS by files of a folder that it only reads, and those behind nginx never do', (t) => {
  const { gateway, 'edge-gateway': edge } = compose.services;
  const folder = gateway?.volumes?.find((volume) => volume.startsWith('${GATEWAY_TLS_DIR:-'));
  t.regex(folder ?? '', /:\/etc\/backend2\/tls:ro$/);
  const passed = (name: string) => `\${${name}:-}`;
  for (const name of ['TLS_CERT_FILE', 'TLS_KEY_FILE', 'TRUST_PROXY'])
    t.is(gateway?.environment?.[name], passed(name));
  t.is(edge?.environment?.['TLS_CERT_FILE'], undefined);
  t.is(edge?.environment?.['TRUST_PROXY'], '1');
});

test('no service is given what another signs in with', (t) => {
  const secretsOf = (service: ComposeService) =>
    interpolationsIn(Object.values(service.environment ?? {}).join(' '))
      .filter(({ operator }) => operator === ':?')
      .map(({ name }) => name)
      .toSorted();
  const bucket = 'ARTIFACTS_S3_SECRET_ACCESS_KEY';
  const expected: Record<string, string[]> = {
    gateway: [bucket, 'REDIS_PASSWORD_GATEWAY', 'SECRET_KEY'],
    'edge-gateway': [bucket, 'REDIS_PASSWORD_GATEWAY', 'SECRET_KEY'],
    auth: ['AUTH_DATABASE_URL', 'REDIS_PASSWORD_AUTH', 'SECRET_KEY'],
    'task-intake': ['REDIS_PASSWORD_TASK_INTAKE', 'SECRET_KEY', 'TASK_INTAKE_DATABASE_URL'],
    'standard-worker': [bucket, 'REDIS_PASSWORD_STANDARD_WORKER'],
    'lumina-worker': [bucket, 'REDIS_PASSWORD_LUMINA_WORKER'],
    'health-aggregator': ['HEALTH_DATABASE_URL', 'REDIS_PASSWORD_HEALTH_AGGREGATOR'],
    operate: [bucket, 'POSTGRES_OWNER_PASSWORD', 'REDIS_PASSWORD_OPERATOR'],
    backup: [bucket, 'BACKUP_DATABASE_URL', 'REDIS_PASSWORD_BACKUP'],
  };
  for (const [name, secrets] of Object.entries(expected))
    t.deepEqual(secretsOf(compose.services[name] as ComposeService), secrets, name);
});

test("what is a variable of Compose's alone is described with the images", (t) => {
  const described = readFileSync(join(root, 'infra/docker/README.md'), 'utf8');
  const elsewhere = new Set(
    Object.values(serviceVariables).flatMap((list) =>
      list.flatMap(({ name, aliases }) => [name, ...aliases]),
    ),
  );
  for (const { name, operator } of interpolationsIn(text))
    // Those of a rotation are rotate-secret's; those of a backup are the guide's.
    if (operator === ':-' && !elsewhere.has(name) && !/_PREVIOUS$|^BACKUP_/.test(name))
      t.regex(described, new RegExp(`\\b${name}\\b`), name);
});

test('no default is another variable, which not every Compose understands', (t) => {
  t.notRegex(text, /\$\{\w+:-[^}]*\$\{/);
});

test('no secret has a default: each is demanded, and scripts/init-env draws it', (t) => {
  const { draw, read } = drawSecrets(t);
  draw();
  const drawn = read();
  const demanded = interpolationsIn(text).filter(({ operator }) => operator === ':?');
  for (const { name, rest } of demanded) {
    t.is(rest, 'run scripts/init-env', name);
    t.true((drawn.get(name)?.length ?? 0) >= 32, `scripts/init-env draws ${name}`);
  }
  t.deepEqual([...drawn.keys()].toSorted(), [...new Set(demanded.map(({ name }) => name))].toSorted());
  const sensitive = new Set(
    Object.values(serviceVariables)
      .flat()
      .filter((variable) => variable.sensitive)
      .map(({ name }) => name),
  );
  for (const { name, operator, rest } of interpolationsIn(text)) {
    if (operator === ':?') continue;
    const secret = sensitive.has(name) || /PASSWORD|SECRET|PASSPHRASE|_KEY$|TOKEN/.test(name);
    // The standby's address, without a login.
    if (secret) t.true(rest === '' || !rest.includes('@'), name);
    if (secret && !name.endsWith('_URLS')) t.is(rest, '', `${name} has no default`);
  }
});

test('scripts/init-env draws each secret anew, for nobody else to read, and leaves what is there', (t) => {
  const { file, draw, read } = drawSecrets(t);
  t.regex(draw(), /^\d+ names added/);
  t.is(statSync(file).mode & 0o777, 0o600);
  const first = read();
  t.is(new Set(first.values()).size, first.size);
  t.regex(draw(), /^0 names added/);
  t.deepEqual(read(), first);
});

test('scripts/init-env takes no option for a file', (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'backend2-init-env-'));
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }));
  const { status, stderr } = spawnSync('sh', [join(root, 'scripts/init-env'), '--help'], {
    cwd,
    encoding: 'utf8',
  });
  t.is(status, 2);
  t.regex(stderr, /^Usage: /);
  t.deepEqual(readdirSync(cwd), []);
});

test('every file that the compose file and the Dockerfile name is there and reaches the build', (t) => {
  const mounted = services.flatMap(([, { volumes = [] }]) =>
    volumes
      // A folder that an operator may name: the one in its place, which a checkout has.
      .map((volume) => volume.replace(/^\$\{\w+:-([^}]*)\}/, '$1').split(':')[0] as string)
      .filter((path) => path.startsWith('./')),
  );
  t.true(mounted.length > 5);
  for (const path of mounted) t.true(existsSync(join(root, path)), path);
  const named = services.flatMap(([, { volumes = [] }]) =>
    volumes.map((volume) => volume.split(':')[0] as string).filter((path) => /^[a-z][\w-]*$/.test(path)),
  );
  for (const name of named) t.true(name in compose.volumes, name);

  const ignore = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const copied = stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ name, text: words }) => name === 'COPY' && !words.startsWith('--from='))
    .flatMap(({ text: words }) => words.split(' ').slice(0, -1));
  t.true(copied.length > 5);
  for (const path of copied) {
    t.true(existsSync(join(root, path)), path);
    t.true(
      ignore.some((line) => line.startsWith('!') && `${path}/`.startsWith(`${line.slice(1)}/`)),
      `.dockerignore lets ${path} in`,
    );
  }
  t.is(
    ignore.find((line) => line !== '' && !line.startsWith('#')),
    '*',
    'nothing gets in unnamed',
  );
});

test('what a restore reads snapshots of Redis with is of the release that serves', (t) => {
  const dockerfile = readFileSync(join(root, 'infra/docker/Dockerfile'), 'utf8');
  const version = /^ARG REDIS_VERSION=(\S+)$/m.exec(dockerfile)?.[1];
  t.is(compose.services['redis']?.image, `redis:${version}`);
  t.true(stages.some(({ name, from }) => name === 'redis' && from.startsWith('redis:${REDIS_VERSION}')));
});

test('every image runs as a numbered user that is not root, under an init', (t) => {
  for (const target of [...Object.keys(serviceVariables), 'operations']) {
    const instructions = inherited(stages, target);
    const last = (name: string) => instructions.findLast((one) => one.name === name)?.text ?? '';
    t.is(last('USER'), '10001:10001', target);
    t.regex(last('ENTRYPOINT'), /^\["tini", "--", /, target);
    const title = instructions.findLast(({ text: label }) => label.includes('opencontainers.image.title'));
    t.regex(title?.text ?? '', new RegExp(`"Backend2 ${target}"`), target);
    const labels = instructions.flatMap(({ name, text: words }) => (name === 'LABEL' ? words : [])).join(' ');
    for (const label of ['description', 'licenses', 'version', 'revision', 'created', 'source'])
      t.regex(labels, new RegExp(`org\\.opencontainers\\.image\\.${label}="`), `${target}: ${label}`);
  }
});
