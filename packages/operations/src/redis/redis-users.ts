import { createHash } from 'node:crypto';
import {
  audit,
  authRpc,
  control,
  healthAggregatorRpc,
  heartbeats,
  laneTopics,
  services,
  taskEvents,
  taskIntakeRpc,
  taskResults,
  webhookDeliveries,
  type Lane,
  type ServiceName,
} from '@backend2/contracts';

/** Who connects to Redis; each service is a user of its own. */
export const redisUsers = [
  ...services,
  'backup',
  'monitor',
  'scaler',
  'replica',
  'sentinel',
  'operator',
] as const;
export type RedisUser = (typeof redisUsers)[number];

/** Variables that hold their passwords. */
export const passwordVariable = (user: RedisUser): string =>
  `REDIS_PASSWORD_${user.replaceAll('-', '_').toUpperCase()}`;

/** Holds the former password while one takes the place of another. */
export const previousPasswordVariable = (user: RedisUser): string => `${passwordVariable(user)}_PREVIOUS`;

const stream = (name: string): string => `{${name}}*`;
const partitioned = (name: string): readonly string[] => [stream(name), `{${name}.*`];

/** What every process needs: its beat, orders to all, and a key to find out whether writes succeed. */
const common = [...[heartbeats, control].flatMap(({ name }) => partitioned(name)), '{writable}:*'];
/** Anybody who asks has a stream of replies of its own; who answers writes into it. */
const replies = '{rpc:replies:*';
const revocations = ['revocation*', 'revoked*'];

const laneOf = (lane: Lane): readonly string[] => partitioned(laneTopics[lane].name);
const bothLanes = [...laneOf('standard'), ...laneOf('lumina')];

/** Patterns without the prefix; read-only ones by themselves. */
interface Reach {
  readonly write: readonly string[];
  readonly read?: readonly string[];
}

const worker = (lane: Lane): Reach => ({
  write: [...common, ...laneOf(lane), ...partitioned(taskResults.name)],
});

const reach: Readonly<Record<ServiceName, Reach>> = {
  gateway: {
    write: [
      ...common,
      ...partitioned(audit.name),
      stream(authRpc.name),
      stream(taskIntakeRpc.name),
      stream(healthAggregatorRpc.name),
      replies,
      ...revocations,
      '{rate:*',
      '{idempotency}*',
    ],
    read: [...partitioned(taskEvents.name), 'system_health:*'],
  },
  auth: {
    write: [
      ...common,
      ...partitioned(audit.name),
      stream(authRpc.name),
      replies,
      ...revocations,
      '{sign_in}*',
    ],
  },
  'task-intake': {
    write: [
      ...common,
      ...bothLanes,
      ...partitioned(taskResults.name),
      ...partitioned(taskEvents.name),
      ...partitioned(webhookDeliveries.name),
      stream(taskIntakeRpc.name),
      replies,
      'task_result:*',
      '{task_result_ring}*',
      'written:*',
    ],
  },
  'standard-worker': worker('standard'),
  'lumina-worker': worker('lumina'),
  'health-aggregator': {
    write: [...common, stream(healthAggregatorRpc.name), replies, 'system_health:*'],
  },
};

/** Data and streams, scripts over them, and the little of administration that clients need to find their way. */
const commands =
  '-@all +@read +@write +@connection +@transaction +@scripting +@pubsub -@dangerous -script|flush -script|kill ' +
  '+info +time +cluster|slots +cluster|shards +cluster|nodes +cluster|info +role';

const reachOf = (user: ServiceName, prefix: string): string => {
  const { write, read = [] } = reach[user];
  return [...write.map((key) => `~${prefix}${key}`), ...read.map((key) => `%R~${prefix}${key}`)].join(' ');
};

const rulesOf = (user: RedisUser, prefix: string): string => {
  switch (user) {
    case 'operator':
      return '~* &* +@all';
    case 'backup':
      return `%R~${prefix}* -@all +sync +psync +replconf +ping +time +info +scan +dump +pttl +type +xrange +select +client +cluster|slots`;
    case 'replica':
      return '-@all +psync +replconf +ping';
    case 'sentinel':
      return 'allchannels -@all +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill';
    case 'monitor':
      return '-@all +ping +info +latency|latest +slowlog|get +slowlog|len +client|list';
    case 'scaler':
      // An autoscaler asks how many entries of a lane nobody has taken yet, and for nothing that is in them.
      return `${bothLanes.map((key) => `%R~${prefix}${key}`).join(' ')} -@all +ping +hello +client|setname +info +xinfo|groups +xlen`;
    case 'health-aggregator': {
      // It looks at every stream by a script; what a script may do there is read.
      const looks = `(~${prefix}* -@all +@read -@dangerous +eval +evalsha +time)`;
      return `${reachOf(user, prefix)} ${commands} ${looks}`;
    }
    default:
      return `${reachOf(user, prefix)} ${commands}`;
  }
};

export interface AclOptions {
  readonly prefix: string;
  /** Several while one takes the place of another. Users without any are left out. */
  readonly passwords: Readonly<Partial<Record<RedisUser, readonly string[]>>>;
}

/** Lines of an ACL file for Redis 7; passwords stand in it as their hashes. */
export const aclFile = ({ prefix, passwords }: AclOptions): string => {
  const users = redisUsers.flatMap((user) => {
    const hashes = (passwords[user] ?? []).map(
      (password) => `#${createHash('sha256').update(password).digest('hex')}`,
    );
    return hashes.length === 0 ? [] : [`user ${user} on ${hashes.join(' ')} ${rulesOf(user, prefix)}`];
  });
  return ['user default off', ...users, ''].join('\n');
};
