import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from './redis-connection.ts';

export type ScriptArgument = string | number;

export interface LuaScript {
  readonly name: string;
  readonly source: string;
  readonly digest: string;
}

const load = (name: string): LuaScript => {
  const source = readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
  return { name, source, digest: createHash('sha1').update(source).digest('hex') };
};

/** Each file's header names its KEYS, ARGV and return. */
export const scripts = {
  append: load('append-2'),
  publish: load('publish-2'),
  ack: load('ack-1'),
  settle: load('settle-3'),
  tick: load('tick-2'),
  renew: load('renew-1'),
  recover: load('recover-1'),
  leave: load('leave-1'),
  reap: load('reap-1'),
  inspect: load('inspect-3'),
  redrive: load('redrive-2'),
} as const;

/**
 * Runs by digest; where Redis does not know the script (a restart, a failover, a flush) sends it whole, which loads it.
 * @param whole the client it is sent whole over, where another command may block `client` by then.
 */
export const runScript = async (
  client: RedisClient,
  script: LuaScript,
  keys: readonly string[],
  args: readonly ScriptArgument[],
  whole: RedisClient = client,
): Promise<unknown> => {
  try {
    return await client.evalsha(
      script.digest,
      keys.length,
      keys as string[],
      args as ScriptArgument[] as never,
    );
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return whole.eval(script.source, keys.length, keys as string[], args as ScriptArgument[] as never);
  }
};
