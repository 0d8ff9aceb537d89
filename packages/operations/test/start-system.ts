import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '@backend2/client';
import type { ServiceName } from '@backend2/contracts';
import { freePort, runProcess, type RunningProcess, type TestScope } from '@backend2/testkit';

/** What it takes to run a task on the standard lane. */
const serviceNames = ['gateway', 'auth', 'task-intake', 'standard-worker'] as const;

const repository = new URL('../../../', import.meta.url);
const fileOf = (path: string): string => fileURLToPath(new URL(path, repository));

export interface Login {
  readonly email: string;
  readonly password: string;
}

export interface System {
  /** Signed in. */
  readonly client: Client;
  readonly processes: ReadonlyMap<ServiceName, RunningProcess>;
  /** Starts it anew; the old one must have ended. */
  restart(name: ServiceName): Promise<RunningProcess>;
  /** Kills every service in the middle of whatever it does. */
  kill(): Promise<void>;
}

export type Environment = Readonly<Record<string, string>>;

const readyWithinMs = 120_000;

/** Runs a command of the repository to its end and answers what it said; its status must be 0. */
export const runToEnd = async (
  t: TestScope,
  path: string,
  env: Environment,
  args: readonly string[] = [],
): Promise<string> => {
  const command = runProcess(t, fileOf(path), { env, args, ipc: false });
  const { code } = await command.exited;
  if (code !== 0) throw new Error(`${path} ended with ${code}:\n${command.output}`);
  return command.output;
};

export const migrateDatabase = (t: TestScope, env: Environment): Promise<string> =>
  runToEnd(t, 'packages/database/src/migrate-command.ts', env, ['up']);

export const createAdmin = async (t: TestScope, env: Environment): Promise<Login> => {
  const output = await runToEnd(t, 'services/auth/src/create-admin.ts', env, ['--if-none']);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Login;
};

/** gateway, auth, task-intake and a standard worker as real processes over the servers that `env` names. */
export const startSystem = async (
  t: TestScope,
  env: Environment,
  login: Login,
  envOf: (name: ServiceName) => Environment = () => ({}),
  names: readonly ServiceName[] = serviceNames,
): Promise<System> => {
  const processes = new Map<ServiceName, RunningProcess>();
  const port = await freePort();
  const start = async (name: ServiceName): Promise<RunningProcess> => {
    const process = runProcess(t, fileOf(`services/${name}/src/main.ts`), {
      env: {
        OPS_PORT: '0',
        DASHBOARD_DIR: 'none',
        SECRET_KEY: 'a secret of this test alone, and long enough',
        WORKER_PROCESSES: '1',
        WORKER_THREADS: '4',
        WORKER_LEASE: '2s',
        ...env,
        PORT: String(port),
        ...envOf(name),
      },
    });
    processes.set(name, process);
    await process.message((message) => (message as { type?: unknown }).type === 'ready', readyWithinMs);
    return process;
  };
  await Promise.all(names.map(start));
  const client = createClient({ baseUrl: `http://127.0.0.1:${port}` });
  await client.auth.signIn(login.email, login.password);
  return {
    client,
    processes,
    restart: start,
    kill: async () => {
      for (const process of processes.values()) process.kill('SIGKILL');
      await Promise.all([...processes.values()].map(({ exited }) => exited));
    },
  };
};
