import convict from 'convict';
import { items, secretsOf } from './value-lists.ts';

interface ConfigKey {
  readonly env?: string;
  readonly min?: number;
  readonly max?: number;
  readonly protocols?: readonly string[];
}

const truths = new Set(['true', '1', 'yes', 'on']);
const untruths = new Set(['false', '0', 'no', 'off']);
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const fail = (message: string): never => {
  throw new Error(message);
};

const whole = (value: string): number | string => (/^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value);

const checkRange = (value: number, { min, max }: ConfigKey): void => {
  if (min !== undefined && value < min) fail(`must be at least ${min}`);
  if (max !== undefined && value > max) fail(`must be at most ${max}`);
};

const checkUrl = (value: unknown, protocols: readonly string[]): void => {
  const wanted = `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
  if (typeof value !== 'string' || !URL.canParse(value)) return fail(wanted);
  if (!protocols.includes(new URL(value).protocol)) fail(wanted);
};

const eachHost = (value: unknown): unknown[] => {
  const [, before = '', hosts = '', after = ''] =
    /^(\w+:\/\/(?:[^@/?]*@)?)([^/?@]*)(.*)$/.exec(String(value)) ?? [];
  return hosts.includes(',') ? hosts.split(',').map((host) => `${before}${host}${after}`) : [value];
};

const endpoint = (item: string): { host: string; port: number } | undefined => {
  const match = /^(?:\[([\da-f:]+)\]|([^:\s/@]+)):(\d{1,5})$/i.exec(item);
  const port = Number(match?.[3]);
  return match && port > 0 && port < 65_536 ? { host: (match[1] ?? match[2]) as string, port } : undefined;
};

/**
 * Formats for `format:` in a schema. All are strict: what convict's own would read halfway (`12abc` as 12,
 * `flase` as true) stays text and is refused. `whole`, `decimal` and `milliseconds` heed the key's `min` and `max`.
 */
const configFormats = {
  text: { validate: (value: unknown) => void (typeof value === 'string' || fail('must be text')) },
  whole: {
    coerce: whole,
    validate: (value: unknown, key: ConfigKey) =>
      Number.isInteger(value) ? checkRange(value as number, key) : fail('must be a whole number'),
  },
  decimal: {
    coerce: (value: string) => (/^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value),
    validate: (value: unknown, key: ConfigKey) =>
      typeof value === 'number' ? checkRange(value, key) : fail('must be a number'),
  },
  tcpPort: {
    coerce: whole,
    validate: (value: unknown) =>
      void (
        (Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65_536) ||
        fail('must be a port number between 0 and 65535')
      ),
  },
  flag: {
    coerce: (value: string) => {
      const word = value.trim().toLowerCase();
      return truths.has(word) ? true : untruths.has(word) ? false : value;
    },
    validate: (value: unknown) => void (typeof value === 'boolean' || fail('must be true or false')),
  },
  /** `250ms`, `30s`, `5m`, `2h`, `1d`, or plain milliseconds. */
  milliseconds: {
    coerce: (value: string) => {
      const match = /^(\d{1,12})(ms|s|m|h|d)?$/.exec(value.trim());
      return match ? Number(match[1]) * (unitMs[match[2] ?? 'ms'] as number) : value;
    },
    validate: (value: unknown, key: ConfigKey) =>
      typeof value === 'number'
        ? checkRange(value, key)
        : fail('must be a duration such as 500ms, 30s or 5m'),
  },
  webUrl: { validate: (value: unknown) => checkUrl(value, ['http:', 'https:']) },
  webUrlOrNone: {
    validate: (value: unknown) => {
      if (value !== '') checkUrl(value, ['http:', 'https:']);
    },
  },
  redisUrl: { validate: (value: unknown) => checkUrl(value, ['redis:', 'rediss:']) },
  /** Several hosts, comma separated, are servers of which one is the primary. */
  postgresUrl: {
    validate: (value: unknown) => {
      for (const url of eachHost(value)) checkUrl(url, ['postgres:', 'postgresql:']);
    },
  },
  list: {
    coerce: items,
    validate: (value: unknown) => void (Array.isArray(value) || fail('must be a comma-separated list')),
  },
  /** Comma separated, or a JSON array where one of them has a comma. */
  secrets: {
    coerce: secretsOf,
    validate: (value: unknown) =>
      void (
        (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')) ||
        fail('must be a comma-separated list, or a JSON array of texts')
      ),
  },
  postgresUrls: {
    coerce: items,
    validate: (value: unknown) => {
      for (const url of value as string[]) checkUrl(url, ['postgres:', 'postgresql:']);
    },
  },
  endpoints: {
    coerce: (value: string) => items(value).map((item) => endpoint(item) ?? item),
    validate: (value: unknown) => {
      const wrong = (value as unknown[]).some((item) => typeof item !== 'object');
      if (wrong) fail('must be a comma-separated list of host:port');
    },
  },
} as const;

convict.addFormats(configFormats);
