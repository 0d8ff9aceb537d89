import { expect, type Checklist } from './checklist.ts';
import type { Engine } from './engine.ts';
import type { RunningService } from './verify-confinement.ts';

interface Options {
  readonly list: Checklist;
  readonly machine: Engine;
  readonly project: string;
  readonly port: number;
  readonly running: readonly RunningService[];
}

/** What each store and service listens on. */
const listening: Readonly<Record<string, readonly number[]>> = {
  postgres: [5432],
  'postgres-standby': [5432],
  redis: [6379],
  auth: [9090],
  'task-intake': [9090],
  'standard-worker': [9090],
  'lumina-worker': [9090],
  'health-aggregator': [9090],
};

/** Prints each HOST:PORT of its arguments that takes a connection. */
const knock = `for (const address of process.argv.slice(1)) {
  const [host, port] = address.split(':');
  const socket = require('node:net').connect({ host, port, timeout: 10_000 });
  socket.on('connect', () => { console.log('open ' + address); socket.destroy(); });
  socket.on('timeout', () => socket.destroy()).on('error', () => undefined);
}`;

export const verifyNetworks = async ({ list, machine, project, port, running }: Options): Promise<void> => {
  await list.check('only the gateway and nginx have published ports', async () => {
    const published: string[] = [];
    for (const { name } of running) {
      for (const { NetworkSettings } of await machine.containers(name)) {
        const ports = Object.values(NetworkSettings.Ports).flatMap((bindings) => bindings ?? []);
        if (ports.length > 0) published.push(`${name} ${ports.map(({ HostPort }) => HostPort).join(' ')}`);
      }
    }
    const names = new Set(published.map((line) => line.split(' ')[0]));
    expect(
      [...names].every((name) => name === 'gateway' || name === 'nginx'),
      published.join(', '),
    );
    return published.join(', ');
  });

  await list.check('from outside no port of another service answers', async () => {
    const ports = [...new Set(Object.values(listening).flat())].map((one) => `localhost:${one}`);
    const asked = [`localhost:${port}`, ...ports];
    const { output } = await machine.outside('scripts/containers/open-ports.ts', asked);
    expect(output.trim() === `localhost:${port}`, output);
    return `${ports.join(', ')} closed`;
  });

  await list.check(
    'whoever is on the public network reaches the gateway and no store or service',
    async () => {
      const addresses: string[] = [];
      for (const [name, ports] of Object.entries(listening)) {
        const [container] = await machine.containers(name);
        const ips = Object.values(container?.NetworkSettings.Networks ?? {}).map(
          ({ IPAddress }) => IPAddress,
        );
        for (const host of [name, ...ips]) addresses.push(...ports.map((one) => `${host}:${one}`));
      }
      const { output } = await machine.tryDocker(
        'run',
        '--rm',
        '--network',
        `${project}_public`,
        'backend2/gateway:verify',
        '-e',
        knock,
        'gateway:8000',
        ...addresses,
      );
      const open = output.split('\n').filter((line) => line.startsWith('open '));
      expect(open.join() === 'open gateway:8000', output);
      return `${addresses.length} addresses tried`;
    },
  );

  await list.check('a worker cannot reach Postgres, and can reach Redis', async () => {
    const [worker] = await machine.containers('standard-worker');
    const [postgres] = await machine.containers('postgres');
    const ips = Object.values(postgres?.NetworkSettings.Networks ?? {}).map(
      ({ IPAddress }) => `${IPAddress}:5432`,
    );
    const { output } = await machine.tryDocker(
      'exec',
      worker?.Id ?? '',
      'node',
      '-e',
      knock,
      'redis:6379',
      'postgres:5432',
      ...ips,
    );
    expect(
      output
        .split('\n')
        .filter((line) => line.startsWith('open '))
        .join() === 'open redis:6379',
      output,
    );
  });

  await list.check('a store answers nobody who does not sign in, even beside it', async () => {
    const beside = (network: string, entrypoint: string, image: string, ...args: readonly string[]) =>
      machine.tryDocker(
        'run',
        '--rm',
        '--network',
        `${project}_${network}`,
        '--env',
        'PGPASSWORD=postgres',
        '--env',
        'PGCONNECT_TIMEOUT=20',
        '--entrypoint',
        entrypoint,
        image,
        ...args,
      );
    const redis = await beside('backend', 'redis-cli', 'redis:7', '-h', 'redis', 'get', 'app:x');
    expect(redis.output.includes('NOAUTH'), `Redis: ${redis.output}`);
    for (const [host, user] of [
      ['postgres', 'postgres'],
      ['postgres', 'backend2'],
      ['postgres-standby', 'postgres'],
    ] as const) {
      const login = ['-h', host, '-U', user, '-d', 'backend2', '-c', 'select 1'];
      const { status, output } = await beside('books', 'psql', 'postgres:15', ...login);
      expect(
        status !== 0 && output.includes('password authentication failed'),
        `${host} as ${user}: ${output}`,
      );
    }
  });
};

/** Redis loses nothing on purpose: no work is evicted, and what was written is on disk. */
export const verifyRedisSettings = async (
  { list, machine }: Pick<Options, 'list' | 'machine'>,
  password: string,
): Promise<void> => {
  await list.check('Redis is append-only and never evicts', async () => {
    const [redis] = await machine.containers('redis');
    const ask = ['redis-cli', '--user', 'operator', '--no-auth-warning', 'config', 'get'];
    const said = await machine.docker(
      'exec',
      '--env',
      `REDISCLI_AUTH=${password}`,
      redis?.Id ?? '',
      ...ask,
      'appendonly',
      'maxmemory-policy',
      'maxmemory',
    );
    const lines = said.trim().split('\n');
    const of = (name: string) => lines[lines.indexOf(name) + 1];
    expect(of('appendonly') === 'yes' && of('maxmemory-policy') === 'noeviction', said);
    expect(Number(of('maxmemory')) > 0, said);
  });
};
