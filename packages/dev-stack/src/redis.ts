import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findOrInstallRedis } from './debian-redis.ts';
import { freePort } from './free-port.ts';
import { type ManagedProcess, lastLines, startProcess } from './managed-process.ts';
import { stopRecorded } from './process-record.ts';
import { redisAnswers } from './redis-ping.ts';
import { StackError, explainFileError } from './stack-error.ts';

export interface RedisOptions {
  readonly dir: string;
  /** A free one by default. */
  readonly port?: number;
  readonly password?: string;
  /** Whose password that is, where `settings` bring an ACL file; default: the default user, who gets it. */
  readonly user?: string;
  /** An append-only file, so that a restart loses at most a second. Default true. */
  readonly durable?: boolean;
  /** Default 16. */
  readonly databases?: number;
  /** Lines of redis.conf, such as `{ maxmemory: '64mb' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Runs as a Sentinel: `settings` say what it watches, and it keeps what it learns in its configuration. */
  readonly sentinel?: boolean;
  /** Remove `dir` when this process dies before it stopped the server. */
  readonly removeOnDeath?: boolean;
  readonly say?: (line: string) => void;
}

/** One real server, to be killed, paused and started again at will. */
export interface Redis {
  readonly url: string;
  readonly port: number;
  readonly running: boolean;
  readonly logFile: string;
  /** Starts it again on the same port over the same data; resolves when it answers commands. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
}

const readyWithinMs = 60_000;

/** A Redis of one's own on the loopback, with its data in `dir`. */
export async function startRedis(options: RedisOptions): Promise<Redis> {
  const dir = resolve(options.dir);
  const command = await findOrInstallRedis(options.say ?? (() => undefined));
  const logFile = join(dir, 'redis.log');
  const pidFile = join(dir, 'redis.pid.json');
  const configFile = join(dir, 'redis.conf');
  let port = options.port ?? (await freePort());
  let server: ManagedProcess | undefined;
  let wasReady = false;

  const writeConfig = () => {
    if (options.sentinel === true && wasReady) return;
    const durable = options.durable ?? true;
    const settings: Record<string, string> = {
      bind: '127.0.0.1',
      port: String(port),
      dir: JSON.stringify(dir),
      databases: String(options.databases ?? 16),
      daemonize: 'no',
      save: '""',
      appendonly: durable ? 'yes' : 'no',
      appendfsync: 'everysec',
      'maxmemory-policy': 'noeviction',
      ...(options.password !== undefined && options.user === undefined && { requirepass: options.password }),
      ...options.settings,
    };
    try {
      mkdirSync(dir, { recursive: true });
      const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);
      writeFileSync(configFile, lines.join(''), { mode: 0o600 });
    } catch (error) {
      throw explainFileError(error, dir);
    }
  };

  const start = async () => {
    if (server?.running === true) return;
    await stopRecorded(pidFile, 'SIGTERM');
    writeConfig();
    const started = startProcess({
      command,
      args: options.sentinel === true ? [configFile, '--sentinel'] : [configFile],
      logFile,
      pidFile,
      cwd: dir,
      stopSignal: 'SIGTERM',
      ...(options.removeOnDeath === true && { removeFolder: dir }),
    });
    server = started;
    const deadline = Date.now() + readyWithinMs;
    while (!(await redisAnswers(port, options))) {
      if (!started.running) throw startFailure(port, logFile);
      if (Date.now() > deadline) {
        await started.kill();
        throw new StackError(`Redis was not ready within ${readyWithinMs / 1000} s; see ${logFile}.`);
      }
      await delay(10);
    }
    if (!started.running) throw startFailure(port, logFile);
    wasReady = true;
  };

  for (let attempt = 1; ; attempt += 1) {
    try {
      await start();
      break;
    } catch (error) {
      if (!(error instanceof RedisPortTakenError) || options.port !== undefined || attempt === 5) throw error;
      port = await freePort();
    }
  }

  const { user = '', password } = options;
  const login = password === undefined ? '' : `${user}:${encodeURIComponent(password)}@`;
  return {
    url: `redis://${login}127.0.0.1:${port}`,
    port,
    logFile,
    get running() {
      return server?.running === true;
    },
    start,
    stop: async () => server?.stop(),
    kill: async () => server?.kill(),
    pause: () => server?.pause(),
    resume: () => server?.resume(),
  };
}

class RedisPortTakenError extends StackError {}

function startFailure(port: number, logFile: string): StackError {
  const tail = lastLines(logFile);
  if (/Address already in use/i.test(tail)) {
    return new RedisPortTakenError(
      `Port ${port} for Redis is taken; stop what uses it or set REDIS_URL to that server.`,
    );
  }
  if (/No space left on device/i.test(tail)) {
    return new StackError(`The disk is full, so Redis cannot start; free some space (log: ${logFile}).`);
  }
  return new StackError(`Redis stopped while starting. The end of ${logFile}:\n${tail}`);
}
