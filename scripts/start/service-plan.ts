import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** In the order they are stopped: first what takes work in, last what others report to. Those of a group stop together. */
export const stopOrder = [
  ['gateway'],
  ['standard-worker', 'lumina-worker'],
  ['task-intake'],
  ['auth', 'health-aggregator'],
] as const;

export const serviceNames = stopOrder.flat();

/** As in the images: docs/adr/0110-a-small-young-generation.md, docs/adr/0191-what-a-start-leaves-behind.md */
export const nodeOptions = ['--max-semi-space-size=4', '--expose-gc'] as const;

export interface ServicePlanOptions {
  readonly root: string;
  readonly dataDir: string;
  /** The environment of the person who starts it; what it sets wins over the defaults. */
  readonly env: NodeJS.ProcessEnv;
  readonly servers: Readonly<Record<string, string>>;
  readonly secretKey: string;
  readonly port: number;
}

/** The environment that all services get: what they share is set, the rest is theirs to default. */
export function serviceEnvironment(options: ServicePlanOptions): NodeJS.ProcessEnv {
  const { root, dataDir, env, servers, secretKey, port } = options;
  const cores = availableParallelism();
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !/^(npm_|NODE_CHANNEL)/i.test(name)));
  return {
    STANDARD_WORKER_PROCESSES: String(Math.min(4, cores)),
    LUMINA_WORKER_PROCESSES: String(Math.min(2, cores)),
    SECRET_KEY: secretKey,
    ARTIFACTS_DIR: join(dataDir, 'artifacts'),
    DASHBOARD_DIR: join(root, 'packages/dashboard/dist'),
    STOP_GRACE: '8s',
    NODE_OPTIONS: nodeOptions.join(' '),
    // A service's code is compiled once, not once a process and start.
    NODE_COMPILE_CACHE: join(dataDir, 'compile-cache'),
    ...own,
    ...servers,
    PORT: String(port),
    OPS_PORT: '0',
  };
}
