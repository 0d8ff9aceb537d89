import { Cluster, type Command, Redis, type RedisOptions } from 'ioredis';
import type { RedisConnection } from './types.ts';

export type RedisClient = Redis | Cluster;

/** A shared client retries for a few seconds and then says no; a reader's client is watched and replaced by its reader. */
export type ConnectionRole = 'commands' | 'reader';

/**
 * Milliseconds after which a command without an answer fails; longer than any read blocks. A single server needs none: its
 * connections are watched, and where it cannot be reached a command fails after a few tries. This is for what no Sentinel
 * finds a server for, and for what a Cluster's client lost track of while its nodes changed.
 */
const answerWithinMs = 10_000;

const unavailable = /READONLY|LOADING|MASTERDOWN|CLUSTERDOWN/;

const optionsFor = (role: ConnectionRole): RedisOptions & { readonly replyMapping?: never } => ({
  protocol: 2,
  lazyConnect: true,
  enableAutoPipelining: false,
  retryStrategy: (times) => Math.min(25 * 2 ** Math.min(times, 6), 1000),
  // A demoted master answers READONLY, within another error where a script of Redis 6 met it: connect anew, which finds the new one, and say it again.
  reconnectOnError: (error) => (/\bREADONLY\b/.test(error.message) ? 2 : false),
  ...(role === 'commands'
    ? { connectTimeout: 3000, maxRetriesPerRequest: 5, socketTimeout: 4000 }
    : // Nothing is tried again here, and whoever watches it is less patient, but for its start.
      { connectTimeout: 15_000, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false }),
});

/** Writes no command that waited for a server until it was given up: its owner was told long before that it failed. */
class PunctualRedis extends Redis {
  override sendCommand(command: Command, ...rest: [stream?: never]): unknown {
    if (command.isSettled) return command.promise;
    return super.sendCommand(command, ...rest);
  }
}

/** Nor does this; and ioredis's `commandTimeout` begins when a node is found for a command, here when it is sent. */
class PunctualCluster extends Cluster {
  override sendCommand(command: Command, ...rest: [stream?: never, node?: unknown]): unknown {
    if (command.isSettled) return command.promise;
    command.setTimeout(answerWithinMs);
    return super.sendCommand(command, ...rest);
  }
}

/** Makes a client that has not yet connected; its commands do that. */
export const createClient = (connection: RedisConnection, role: ConnectionRole): RedisClient => {
  const options = optionsFor(role);
  switch (connection.kind) {
    case 'single':
      return new Redis(connection.url, options);
    case 'sentinel':
      return new PunctualRedis({
        ...options,
        sentinels: connection.sentinels.map(({ host, port }) => ({ host, port })),
        name: connection.master,
        username: connection.username,
        password: connection.password,
        sentinelPassword: connection.sentinelPassword,
        db: connection.db ?? 0,
        ...(connection.tls === true ? { tls: {}, enableTLSForSentinelMode: true } : {}),
        sentinelRetryStrategy: (times) => Math.min(50 * times, 1000),
        // Told of a failover while it looks for the new master, ioredis's detector would end the client for good;
        // Sentinel cuts a demoted master's connections, and READONLY tells of what it could not cut.
        failoverDetector: false,
        // One that is out of reach, or silent, must not hold up the question to the next for as long as a reader's reply may take.
        sentinelCommandTimeout: 1000,
        // Without a Sentinel that answers nothing else would end a command's wait.
        commandTimeout: answerWithinMs,
      });
    case 'cluster':
      return new PunctualCluster(
        connection.nodes.map(({ host, port }) => ({ host, port })),
        {
          lazyConnect: true,
          enableAutoPipelining: false,
          scaleReads: 'master',
          clusterRetryStrategy: (times) => Math.min(50 * times, 1000),
          retryDelayOnFailover: 200,
          retryDelayOnClusterDown: 200,
          retryDelayOnTryAgain: 100,
          slotsRefreshTimeout: 2000,
          redisOptions: {
            ...options,
            username: connection.username,
            password: connection.password,
            ...(connection.tls === true ? { tls: {} } : {}),
          },
        },
      );
  }
};

/** Puts the commands that `send` sends into one write, where the client has one connection. */
export const inOneWrite = <R>(client: RedisClient, send: () => R): R => {
  const stream = client instanceof Redis ? client.stream : undefined;
  stream?.cork();
  try {
    return send();
  } finally {
    stream?.uncork();
  }
};

/** Whether the command may succeed later, on this server or the one that takes its place. */
export const isTransient = (error: unknown): boolean => {
  const message = error instanceof Error ? error.message : String(error);
  return (
    !/^(ERR|WRONGTYPE|NOPERM|NOAUTH|WRONGPASS|CROSSSLOT|NOGROUP)/.test(message) || unavailable.test(message)
  );
};

/** Redis before 7 says it within another error where a script met it, and as UNBLOCKED to a blocked read. */
export const isGroupMissing = (error: unknown): boolean =>
  error instanceof Error && /\bNOGROUP\b|the stream key no longer exists/.test(error.message);

export const isWrongType = (error: unknown): boolean =>
  error instanceof Error && /\bWRONGTYPE\b/.test(error.message);

const faultyUrl = (form: string, fault: string) =>
  new Error(`The Redis URL of the form redis${form} is not valid: ${fault}.`);

const listOfHosts = (form: string, hosts: string, defaultPort: number) =>
  hosts.split(',').map((part) => {
    const url = URL.parse(`redis://${part.trim()}`);
    if (url === null) throw faultyUrl(form, 'a host or port is malformed');
    if (url.hostname === '') throw faultyUrl(form, 'a host is missing');
    return { host: url.hostname, port: url.port === '' ? defaultPort : Number(url.port) };
  });

/**
 * Reads `redis[s]://[user:password@]host[:port][/db]`, `redis[s]+sentinel://[user:password@]host[:port],…/master[/db]`
 * or `redis[s]+cluster://[user:password@]host[:port],…`. A sentinel's own password stands in `?sentinelPassword=`.
 * @throws an error that names the fault and never the password.
 */
export const parseRedisConnection = (url: string): RedisConnection => {
  const found = /^(rediss?)(\+sentinel|\+cluster)?:\/\/(?:([^@/]*)@)?([^/?]+)(\/[^?]*)?(?:\?(.*))?$/.exec(
    url.trim(),
  );
  if (!found) {
    throw new Error(
      'The Redis URL is not one: say redis://host:6379/0, redis+sentinel://host:26379,host:26379/master or redis+cluster://host:7000,host:7001.',
    );
  }
  const [, scheme, form, credentials = '', hosts = '', path = '', query = ''] = found;
  if (form === undefined) return { kind: 'single', url: url.trim() };
  const [username = '', ...rest] = credentials.split(':');
  const password = rest.join(':');
  const access = {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(scheme === 'rediss' ? { tls: true } : {}),
  };
  if (form === '+cluster') return { kind: 'cluster', nodes: listOfHosts(form, hosts, 6379), ...access };
  const [, master = '', db = '0'] = path.split('/');
  if (master === '') throw faultyUrl(form, "the master's name is missing after the hosts");
  if (!/^\d+$/.test(db)) throw faultyUrl(form, "the database after the master's name is not a number");
  const sentinelPassword = new URLSearchParams(query).get('sentinelPassword');
  return {
    kind: 'sentinel',
    sentinels: listOfHosts(form, hosts, 26_379),
    master,
    db: Number(db),
    ...access,
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
  };
};
