import { DomainError, type Principal } from '@backend2/contracts';
import type { Database, Lsn } from '@backend2/database';
import type { Log } from '@backend2/service-kit';
import type { Sequelize } from 'sequelize';

/** How far the primary's log was after the last write of a scope, known to every instance for a while. */
export interface WritePositions {
  /** Never goes back. */
  raise(scopes: readonly string[], lsn: Lsn): Promise<void>;
  /** The furthest of the scopes' positions; undefined where none is known (any more). */
  furthest(scopes: readonly string[]): Promise<Lsn | undefined>;
}

export interface ReadYourWrites {
  /** To be called after each of the principal's writes, before anybody is told of it. */
  wrote(principal: Principal, taskId?: string): Promise<void>;
  /** The same for what workers did: who hears of it reads it. */
  recorded(taskIds: readonly string[]): Promise<void>;
  /**
   * Reads from a server that has all that the principal wrote, and all that is told of the task: a standby where one is
   * that far, else the primary. What a standby does not know the primary is asked for before it counts as absent.
   */
  read<T>(principal: Principal, work: (server: Sequelize) => Promise<T>, taskId?: string): Promise<T>;
}

const ofUser = ({ userId }: Principal): string => `user:${userId}`;
const ofTask = (taskId: string): string => `task:${taskId}`;
const scopesOf = (principal: Principal, taskId?: string): string[] => [
  ofUser(principal),
  ...(taskId === undefined ? [] : [ofTask(taskId)]),
];

export const readYourWrites = (database: Database, positions: WritePositions, log: Log): ReadYourWrites => {
  const { primary } = database;

  /** The write is done: that its place could not be noted may not make it look as if it had failed. */
  const note = async (scopes: readonly string[]): Promise<void> => {
    if (scopes.length === 0 || database.replicas().length === 0) return;
    try {
      await positions.raise(scopes, await database.writeLsn());
    } catch (error) {
      log.warn({ err: error }, 'the place of a write was not noted; a standby may answer without it');
    }
  };

  const read = async <T>(scopes: readonly string[], work: (server: Sequelize) => Promise<T>): Promise<T> => {
    if (database.replicas().length === 0) return work(primary);
    const after = await positions.furthest(scopes);
    let asked: Sequelize | undefined;
    try {
      return await database.read(
        (server) => {
          asked = server;
          return work(server);
        },
        after === undefined ? {} : { after },
      );
    } catch (error) {
      const absent = error instanceof DomainError && error.kind === 'absent';
      if (!absent || asked === primary) throw error;
      return work(primary);
    }
  };

  return {
    wrote: (principal, taskId) => note(scopesOf(principal, taskId)),
    recorded: (taskIds) => note(taskIds.map(ofTask)),
    read: (principal, work, taskId) => read(scopesOf(principal, taskId), work),
  };
};
