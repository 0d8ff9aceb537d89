import { spawn } from 'node:child_process';

interface Ended {
  readonly status: number;
  /** Both outputs together. */
  readonly output: string;
}

export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
    readonly Healthcheck?: { readonly Status: string };
  };
  readonly HostConfig: {
    readonly Memory: number;
    readonly PidsLimit?: number | null;
    /** A billion is one core. */
    readonly NanoCpus: number;
    readonly ReadonlyRootfs: boolean;
  };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>;
  };
}

/** The commands of this machine, each a program with its first arguments, apart by spaces. */
export interface EngineOptions {
  readonly project: string;
  /** Builds and brings up the whole file. */
  readonly up: string;
  /** Every other command on the project. */
  readonly compose: string;
  readonly docker: string;
  /** Runs a program where published ports can be reached; empty: here. */
  readonly inside: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

const words = (command: string): string[] => command.split(' ').filter((word) => word !== '');

export interface Engine {
  up(env?: NodeJS.ProcessEnv): Promise<Ended>;
  compose(...args: string[]): Promise<string>;
  docker(...args: string[]): Promise<string>;
  /** As `docker`, whatever its status. */
  tryDocker(...args: string[]): Promise<Ended>;
  /** A script of this repository, as an outsider would run it. */
  outside(script: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
  containers(service: string): Promise<Container[]>;
}

export const engine = (options: EngineOptions): Engine => {
  const { project, cwd } = options;

  const run = (command: readonly string[], env: NodeJS.ProcessEnv = options.env): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const [program = '', ...args] = command;
      const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.once('error', (cause) => reject(new Error(`${program} cannot be run: ${cause.message}`)));
      child.once('close', (status) => resolve({ status: status ?? 1, output }));
    });

  const must = async (command: readonly string[]): Promise<string> => {
    const { status, output } = await run(command);
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${output}`);
    return output;
  };

  const docker = (...args: string[]) => must([...words(options.docker), ...args]);
  return {
    up: (env) => run(words(options.up), env),
    compose: (...args) => must([...words(options.compose), ...args]),
    docker,
    tryDocker: (...args) => run([...words(options.docker), ...args]),
    outside: (script, args, env = options.env) =>
      run(
        [...words(options.inside), process.execPath, '--conditions=@backend2/source', script, ...args],
        env,
      ),
    containers: async (service) => {
      const of = (label: string, value: string) => ['--filter', `label=com.docker.compose.${label}=${value}`];
      const listed = await docker(
        'ps',
        '--all',
        '--quiet',
        ...of('project', project),
        ...of('service', service),
      );
      const ids = listed.split('\n').filter((line) => /^[\da-f]{12,}$/.test(line));
      if (ids.length === 0) return [];
      return JSON.parse(await docker('inspect', '--type', 'container', ...ids)) as Container[];
    },
  };
};

export const healthOf = ({ State }: Container): string | undefined =>
  State.Health?.Status ?? State.Healthcheck?.Status;
