import { randomUUID } from 'node:crypto';
import { refreshTokenModel, sessionModel, userModel } from '@backend2/database';
import { Op, type Sequelize } from 'sequelize';
import type { SessionStore } from '../domain/session-store.ts';

const later = (ms: number) => new Date(Date.now() + ms);
const sooner = (a: Date, b: Date) => (a < b ? a : b);

/** All on the primary: a sign-in must never be decided by a standby that has not heard of a revocation. */
export const postgresSessionStore = (primary: Sequelize): SessionStore => {
  const sessions = sessionModel(primary);
  const tokens = refreshTokenModel(primary);
  const users = userModel(primary);

  return {
    open: (user, hash, life) =>
      primary.transaction(async (transaction) => {
        const unchanged = await users.findOne({
          where: { id: user.id, passwordHash: user.passwordHash, disabledAt: null, deletedAt: null },
          lock: transaction.LOCK.SHARE,
          transaction,
        });
        if (!unchanged) return undefined;
        const expiresAt = later(life.sessionMs);
        const session = await sessions.create(
          { id: randomUUID(), userId: user.id, expiresAt },
          { transaction },
        );
        await tokens.create(
          { hash, sessionId: session.id, expiresAt: sooner(later(life.refreshTokenMs), expiresAt) },
          { transaction },
        );
        return { sessionId: session.id, role: unchanged.role };
      }),

    exchange: (hash, next, life) =>
      primary.transaction(async (transaction) => {
        const token = await tokens.findByPk(hash, { lock: true, transaction });
        if (!token) return { kind: 'unknown' };
        const ofToken = await sessions.findByPk(token.sessionId, { attributes: ['userId'], transaction });
        if (!ofToken) return { kind: 'unknown' };
        // Before the session, as whatever changes a user locks them; and so that a change under way is waited for.
        const user = await users.findOne({
          where: { id: ofToken.userId, deletedAt: null, disabledAt: null },
          lock: transaction.LOCK.SHARE,
          transaction,
        });
        const session = await sessions.findByPk(token.sessionId, { lock: true, transaction });
        if (!user || !session || session.revokedAt) return { kind: 'unknown' };
        if (token.usedAt) {
          await session.update({ revokedAt: new Date(), revokedWhy: 'reuse' }, { transaction });
          return { kind: 'reused', sessionId: session.id, userId: session.userId };
        }
        const now = new Date();
        if (token.expiresAt <= now || session.expiresAt <= now) return { kind: 'unknown' };
        await token.update({ usedAt: now }, { transaction });
        await tokens.create(
          {
            hash: next,
            sessionId: session.id,
            expiresAt: sooner(later(life.refreshTokenMs), session.expiresAt),
          },
          { transaction },
        );
        await session.update({ lastUsedAt: now }, { transaction });
        return { kind: 'rotated', sessionId: session.id, user: { ...user.get(), disabledAt: null } };
      }),

    revoke: async (sessionId, userId) => {
      const where = { id: sessionId, userId };
      await sessions.update(
        { revokedAt: new Date(), revokedWhy: 'logout' },
        { where: { ...where, revokedAt: null } },
      );
      return (await sessions.count({ where })) > 0;
    },

    revokedSince: async (since) => {
      const rows = await sessions.findAll({ where: { revokedAt: { [Op.gte]: since } }, attributes: ['id'] });
      return rows.map(({ id }) => id);
    },

    forgetEnded: (before) =>
      sessions.destroy({
        where: { [Op.or]: [{ expiresAt: { [Op.lt]: before } }, { revokedAt: { [Op.lt]: before } }] },
      }),
  };
};
