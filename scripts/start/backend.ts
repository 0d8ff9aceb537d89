import { join } from 'node:path';
import { type DataFolder, StackError, type Supervised, openDataFolder, supervise } from '@backend2/dev-stack';
import { refuseFreshOnForeignServers } from './data-servers.ts';
import type { Credentials } from './first-admin.ts';
import { type PreparedBackend, prepareBackend } from './prepare-backend.ts';
import { serviceNames, stopOrder } from './service-plan.ts';

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
  let prepared: PreparedBackend | undefined;
  let services: readonly Supervised[] = [];

  const stop = async () => {
    for (const group of stopOrder) {
      await Promise.all(
        services.filter(({ name }) => (group as readonly string[]).includes(name)).map((each) => each.stop()),
      );
    }
    await prepared?.stop();
    folder.release();
  };
  const kill = async () => {
    await Promise.all(services.map((each) => each.kill()));
    await prepared?.kill();
    folder.release();
  };

  try {
    await folder.stopLeftovers();
    if (options.fresh) folder.empty();
    prepared = await prepareBackend({ root, folder, port: options.port, env, say, stop: given });
    const { environment } = prepared;
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
    const { firstAdmin } = prepared;
    return { url: `http://localhost:${prepared.port}`, folder, firstAdmin, services, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
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
