import { DomainError, validationFailed, type Page } from '@backend2/contracts';
import { sessionModel, userModel, type Database, type Lsn, type UserRow } from '@backend2/database';
import { Op, UniqueConstraintError, type WhereOptions } from 'sequelize';
import type { User } from '../domain/user.ts';
import type { UserStore } from '../domain/user-store.ts';

const userOf = ({ id, email, name, role, passwordHash, disabledAt, createdAt }: UserRow): User => ({
  id,
  email,
  name,
  role,
  passwordHash,
  disabledAt: disabledAt ?? null,
  createdAt,
});

const cursorOf = ({ createdAt, id }: User): string =>
  Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url');

const afterCursor = (cursor: string): WhereOptions => {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (Number.isNaN(Date.parse(at)) || !/^[\da-f-]{36}$/.test(id))
    throw validationFailed([{ path: '?cursor', message: 'did not come from a page of this list' }]);
  const createdAt = new Date(at);
  return { [Op.or]: [{ createdAt: { [Op.lt]: createdAt } }, { createdAt, id: { [Op.lt]: id } }] };
};

const lastAdmin = () =>
  new DomainError(
    'conflict',
    'last_admin',
    'This is the last active admin. Make another user an admin first.',
  );

export const postgresUserStore = (database: Database): UserStore => {
  const { primary } = database;
  const users = userModel(primary);
  const sessions = sessionModel(primary);
  const alive = { deletedAt: null };
  let written: Lsn | undefined;

  const wrote = async () => {
    written = await database.writeLsn();
  };

  return {
    byId: async (id) => {
      const row = await users.findOne({ where: { id, ...alive } });
      return row ? userOf(row) : undefined;
    },
    byEmail: async (email) => {
      const row = await users.findOne({ where: { email: email.toLowerCase(), ...alive } });
      return row ? userOf(row) : undefined;
    },
    list: async (limit, cursor): Promise<Page<User>> => {
      const where: WhereOptions = {
        [Op.and]: [alive, ...(cursor === undefined ? [] : [afterCursor(cursor)])],
      };
      const rows = await database.read(
        (server) =>
          userModel(server).findAll({
            where,
            order: [
              ['createdAt', 'DESC'],
              ['id', 'DESC'],
            ],
            limit: limit + 1,
          }),
        written === undefined ? {} : { after: written },
      );
      const items = rows.slice(0, limit).map(userOf);
      const last = items.at(-1);
      return { items, nextCursor: rows.length > limit && last ? cursorOf(last) : null };
    },
    create: async (user) => {
      try {
        const row = await users.create({ ...user, createdAt: new Date() });
        await wrote();
        return userOf(row);
      } catch (error) {
        if (!(error instanceof UniqueConstraintError)) throw error;
        throw new DomainError('conflict', 'email_taken', 'Another user has this email address.', {
          issues: [{ path: '/email', message: 'is taken' }],
        });
      }
    },
    change: async (id, { deleted, ...change }, endSessions) => {
      const changed = await primary.transaction(async (transaction) => {
        // Locked in one order, so that two changes cannot each leave the other's admin as the last.
        const admins = await users.findAll({
          where: { role: 'admin', disabledAt: null, ...alive },
          order: [['id', 'ASC']],
          lock: true,
          transaction,
        });
        const row = await users.findOne({ where: { id, ...alive }, lock: true, transaction });
        if (!row) return undefined;
        const leaves = deleted || change.role === 'user' || (change.disabledAt ?? null) !== null;
        if (leaves && admins.length === 1 && admins[0]?.id === id) throw lastAdmin();
        const refuses = endSessions !== undefined || (change.role !== undefined && change.role !== row.role);
        const now = new Date();
        await row.update(
          {
            ...change,
            ...(change.passwordHash !== undefined && { passwordChangedAt: now }),
            ...(refuses && { tokensValidFrom: now }),
            ...(deleted && { deletedAt: now }),
          },
          { transaction },
        );
        if (endSessions !== undefined) {
          await sessions.update(
            { revokedAt: now, revokedWhy: endSessions },
            { where: { userId: id, revokedAt: null }, transaction },
          );
        }
        return { user: userOf(row), ...(refuses && { refuseTokensBefore: now }) };
      });
      if (changed) await wrote();
      return changed;
    },
    rehash: async (id, from, to) => {
      await users.update({ passwordHash: to }, { where: { id, passwordHash: from } });
    },
    refusedSince: async (since) => {
      const rows = await users.findAll({ where: { tokensValidFrom: { [Op.gte]: since } } });
      return rows.flatMap(({ id, tokensValidFrom }) =>
        tokensValidFrom ? [{ userId: id, before: tokensValidFrom }] : [],
      );
    },
    hasAdmin: async () => (await users.count({ where: { role: 'admin', disabledAt: null, ...alive } })) > 0,
  };
};
