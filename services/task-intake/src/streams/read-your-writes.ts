import type { Principal } from '@backend2/contracts';
import type { Database, Lsn } from '@backend2/database';
import type { Sequelize } from 'sequelize';

export interface ReadYourWrites {
  /** To be called after each of the principal's writes. */
  wrote(principal: Principal): Promise<void>;
  /** Reads from a server that has all that the principal wrote: a standby where one is that far, else the primary. */
  read<T>(principal: Principal, work: (server: Sequelize) => Promise<T>): Promise<T>;
}

/** A standby that is further behind than this is left out anyway. */
const rememberedMs = 60_000;

/** Remembers how far the log was after each principal's last write. */
export const readYourWrites = (database: Database): ReadYourWrites => {
  const writes = new Map<string, { lsn: Lsn; at: number }>();
  const forget = (): void => {
    const since = performance.now() - rememberedMs;
    for (const [userId, { at }] of writes) {
      if (at >= since) break;
      writes.delete(userId);
    }
  };
  return {
    wrote: async ({ userId }) => {
      forget();
      writes.delete(userId);
      writes.set(userId, { lsn: await database.writeLsn(), at: performance.now() });
    },
    read: async ({ userId }, work) => {
      forget();
      const write = writes.get(userId);
      return write === undefined ? database.read(work) : database.readAfter(write.lsn, work);
    },
  };
};
