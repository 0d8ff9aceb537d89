import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  type DataFolder,
  StackError,
  type Supervised,
  openDataFolder,
  runCommand,
  supervise,
} from '@backend2/dev-stack';
import { buildDashboard } from './build-dashboard.ts';
import { choosePort } from './choose-port.ts';
import { type DataServers, refuseFreshOnForeignServers, startDataServers } from './data-servers.ts';
import { type Credentials, createFirstAdmin } from './first-admin.ts';
import { serviceEnvironment, serviceNames, stopOrder } from './service-plan.ts';

export interface BackendOptions {
  readonly root: string;
  readonly dataDir: string;
  readonly port: number | undefined;
  readonly fresh: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Aborting it gives up the start and stops what has started. */
  readonly stop: AbortSignal;
}

export interface Backend {
  readonly url: string;
  readonly folder: DataFolder;
  /** Made just now, on an empty database. */
  readonly firstAdmin: Credentials | undefined;
  readonly services: readonly Supervised[];
  /** The gateway first, the databases last. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Everything of Backend2 on this machine: its data servers, its schema, its six services. */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { root, env, say, stop: given } = options;
  if (options.fresh) refuseFreshOnForeignServers(env);
  const folder = openDataFolder(options.dataDir);
  let servers: DataServers | undefined;
  let services: readonly Supervised[] = [];

  const stop = async () => {
    for (const group of stopOrder) {
      await Promise.all(
        services.filter(({ name }) => (group as readonly string[]).includes(name)).map((each) => each.stop()),
      );
    }
    await servers?.stop();
    folder.release();
  };
  const kill = async () => {
    await Promise.all(services.map((each) => each.kill()));
    await servers?.kill();
    folder.release();
  };

  try {
    if (options.fresh) await emptied(folder);
    const port = await choosePort(options.port, say);
    const building = buildDashboard(root, say);
    building.catch(() => undefined); // awaited below; until then it must not count as unhandled
    servers = await startDataServers({ folder, env, say });
    given.throwIfAborted();
    const environment = serviceEnvironment({
      root,
      dataDir: folder.path,
      env,
      servers: servers.environment,
      secretKey:
        env['SECRET_KEY'] ?? folder.secret('secret-key', () => randomBytes(48).toString('base64url')),
      port,
    });
    await migrate(root, environment);
    const firstAdmin = await createFirstAdmin(root, folder, environment);
    await building;
    given.throwIfAborted();

    services = serviceNames.map((name) =>
      supervise({
        name,
        script: join(root, 'services', name, 'src/main.ts'),
        cwd: root,
        env: environment,
        logFile: join(folder.path, 'logs', `${name}.log`),
        pidFile: join(folder.path, 'run', `${name}.pid.json`),
        say,
      }),
    );
    await startTogether(services, given);
    say(`All ${services.length} services are ready (logs: ${join(folder.path, 'logs')})`);
    return { url: `http://localhost:${port}`, folder, firstAdmin, services, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What an earlier run left running has its files there: it is ended before they go. */
async function emptied(folder: DataFolder): Promise<void> {
  await folder.stopLeftovers();
  folder.empty();
}

async function startTogether(services: readonly Supervised[], given: AbortSignal): Promise<void> {
  const starting = Promise.allSettled(services.map((each) => each.start()));
  const interrupted = new Promise<never>((_resolve, reject) => {
    given.addEventListener('abort', () => reject(given.reason as Error), { once: true });
  });
  const results = await Promise.race([starting, interrupted]);
  const failed = results.filter((result) => result.status === 'rejected');
  if (failed.length === 0) return;
  throw new StackError(failed.map(({ reason }) => (reason as Error).message).join('\n\n'));
}

async function migrate(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const script = join(root, 'packages/database/src/migrate-command.ts');
  await runCommand(process.execPath, ['--conditions=@backend2/source', script, 'up'], {
    env,
    what: 'Migrating the database',
  });
}
