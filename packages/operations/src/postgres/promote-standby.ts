import { connect } from 'node:net';
import { serverName } from '@backend2/database';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';

export interface PromotionOptions {
  /** As a superuser, or one who may run pg_promote and ALTER SYSTEM. */
  readonly standbyUrl: string;
  /** Must refuse connections. Undefined where somebody else made sure of it. */
  readonly oldPrimaryUrl: string | undefined;
  /** How long replaying what was received and the promotion may take. */
  readonly patienceMs: number;
  readonly say: (line: string) => void;
}

type Found = 'answers' | 'refuses' | 'unknown';

/** Only a machine that refuses the connection is known to run no server: a name that is wrong or a network in between prove nothing. */
const lookFor = (url: string): Promise<Found> => {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 5432), timeout: 3000 });
    const settle = (found: Found) => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', () => settle('answers'));
    socket.once('timeout', () => settle('unknown'));
    socket.once('error', (error) => {
      const reasons: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
      const codes = reasons.map((reason) => (reason as NodeJS.ErrnoException).code);
      const silent = codes.includes('ETIMEDOUT') || codes.includes('EHOSTUNREACH');
      settle(codes.includes('ECONNREFUSED') && !silent ? 'refuses' : 'unknown');
    });
  });
};

const refuseUnlessDead = async (oldPrimaryUrl: string): Promise<void> => {
  const found = await lookFor(oldPrimaryUrl);
  if (found === 'refuses') return;
  const server = `The old primary ${serverName(oldPrimaryUrl)}`;
  if (found === 'unknown')
    throw new OperatorError(
      `${server} cannot be reached, which does not mean that it is dead. Make sure that it is off and say --fenced ` +
        'instead of naming it.',
    );
  throw new OperatorError(
    `${server} still answers. Stop it and keep it from starting again: two primaries would each take writes that the ` +
      'other never sees.',
  );
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Makes a standby the primary; services that know both by DATABASE_URL follow by themselves. */
export const promoteStandby = async (options: PromotionOptions): Promise<void> => {
  const { standbyUrl, oldPrimaryUrl, patienceMs, say } = options;
  const standby = serverName(standbyUrl);
  const client = new pg.Client({ connectionString: standbyUrl, application_name: 'backend2-promote' });
  await client.connect().catch((cause: unknown) => {
    throw new OperatorError(`The standby ${standby} cannot be used: ${(cause as Error).message}.`, { cause });
  });
  const one = async <Row extends object>(sql: string) => (await client.query<Row>(sql)).rows[0] as Row;
  try {
    if (!(await one<{ standby: boolean }>('select pg_is_in_recovery() as standby')).standby)
      throw new OperatorError(`${standby} takes writes already; there is nothing to promote.`);
    if (oldPrimaryUrl !== undefined) await refuseUnlessDead(oldPrimaryUrl);

    const { received } = await one<{ received: string | null }>(
      'select pg_last_wal_receive_lsn()::text as received',
    );
    // It replays whatever it has before it takes writes. What it has can end within a record that the dead primary never
    // sent whole, so a standby need not come level first; such a record is of no commit that was acknowledged.
    await client.query('select pg_promote(false)');
    const deadline = performance.now() + patienceMs;
    while ((await one<{ standby: boolean }>('select pg_is_in_recovery() as standby')).standby) {
      if (performance.now() > deadline)
        throw new OperatorError(
          `${standby}: replaying what it received and the promotion took longer than ${patienceMs / 1000} s. It goes on; ` +
            'look at its log.',
        );
      await pause(100);
    }
    say(`${standby} has replayed all it received${received === null ? '' : ` (up to ${received})`}`);
    say(`${standby} is the primary`);
    await releaseCommits(client, say);
    say(
      'Now: give the old primary a new life as its standby (docs/runbooks/postgres-promotion.md); until then there is no other copy.',
    );
  } finally {
    await client.end();
  }
};

/** A new primary that has no standby yet would let every commit wait for one that it was told to wait for. */
const releaseCommits = async (client: pg.Client, say: (line: string) => void): Promise<void> => {
  const { rows } = await client.query<{ names: string; present: string }>(
    `select current_setting('synchronous_standby_names') as names,
       (select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')) as present`,
  );
  const { names = '', present = '0' } = rows[0] ?? {};
  if (names === '' || Number(present) > 0) return;
  await client.query("alter system set synchronous_standby_names = ''");
  await client.query('select pg_reload_conf()');
  say(`Commits no longer wait for ${names}; set synchronous_standby_names again once a standby follows`);
};
