import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DataFolder, runCommand } from '@backend2/dev-stack';
import { buildDashboard } from './build-dashboard.ts';
import { checkConfiguration } from './check-configuration.ts';
import { choosePort } from './choose-port.ts';
import { type DataServers, startDataServers } from './data-servers.ts';
import { type Credentials, createFirstAdmin } from './first-admin.ts';
import { serviceEnvironment } from './service-plan.ts';

export interface PrepareOptions {
  readonly root: string;
  readonly folder: DataFolder;
  readonly port: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
}

/** All that the services need before they can start. */
export interface PreparedBackend {
  /** The whole environment of every service. */
  readonly environment: NodeJS.ProcessEnv;
  readonly port: number;
  /** Made just now, on an empty database. */
  readonly firstAdmin: Credentials | undefined;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** What the servers' empty data, their logs and the first pictures take. */
const roomOfFirstStart = 400;
const roomOfLaterStart = 50;

/** Data servers, schema, first admin and page. What did start is stopped when a later part fails. */
export async function prepareBackend(options: PrepareOptions): Promise<PreparedBackend> {
  const { root, folder, env, say, stop } = options;
  folder.requireRoom(existsSync(join(folder.path, 'postgres')) ? roomOfLaterStart : roomOfFirstStart);
  const port = await choosePort(options.port, say);
  const building = buildDashboard(root, say);
  building.catch(() => undefined); // awaited below; until then it must not count as unhandled
  let servers: DataServers | undefined;
  try {
    servers = await startDataServers({ folder, env, say });
    stop.throwIfAborted();
    const environment = serviceEnvironment({
      root,
      dataDir: folder.path,
      env,
      servers: servers.environment,
      secretKey:
        env['SECRET_KEY'] ?? folder.secret('secret-key', () => randomBytes(48).toString('base64url')),
      port,
    });
    await checkConfiguration(environment);
    await migrate(root, environment);
    const firstAdmin = await createFirstAdmin(root, folder, environment, env);
    await building;
    stop.throwIfAborted();
    const started = servers;
    return { environment, port, firstAdmin, stop: () => started.stop(), kill: () => started.kill() };
  } catch (error) {
    await servers?.stop();
    throw error;
  }
}

async function migrate(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const script = join(root, 'packages/database/src/migrate-command.ts');
  await runCommand(process.execPath, ['--conditions=@backend2/source', script, 'up'], {
    env,
    what: 'Migrating the database',
  });
}
