import { apiKeyModel, userModel, type ApiKeyRow } from '@backend2/database';
import { Op, type Sequelize } from 'sequelize';
import type { ApiKey, ApiKeyStore } from '../domain/api-key-store.ts';

const keyOf = ({ id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt }: ApiKeyRow): ApiKey => ({
  id,
  name,
  prefix,
  scopes,
  createdAt,
  expiresAt: expiresAt ?? null,
  lastUsedAt: lastUsedAt ?? null,
});

const notedEveryMs = 60_000;

export const postgresApiKeyStore = (primary: Sequelize): ApiKeyStore => {
  const keys = apiKeyModel(primary);
  const users = userModel(primary);
  const alive = { deletedAt: null };
  return {
    listOf: async (userId) => {
      const rows = await keys.findAll({ where: { userId, ...alive }, order: [['createdAt', 'DESC']] });
      return rows.map(keyOf);
    },
    create: (userId, hash, { id, name, prefix, scopes, expiresAt }, most) =>
      primary.transaction(async (transaction) => {
        // Locked, the owner keeps other keys of theirs from being counted at the same time.
        await users.findOne({ where: { id: userId }, lock: transaction.LOCK.NO_KEY_UPDATE, transaction });
        if ((await keys.count({ where: { userId, ...alive }, transaction })) >= most) return undefined;
        const row = { id, userId, hash, name, prefix, scopes: [...scopes], expiresAt };
        return keyOf(await keys.create(row, { transaction }));
      }),
    remove: async (id, userId) => {
      const [count] = await keys.update({ deletedAt: new Date() }, { where: { id, userId, ...alive } });
      return count > 0;
    },
    use: async (hash) => {
      const now = new Date();
      const row = await keys.findOne({
        where: { hash, ...alive, expiresAt: { [Op.or]: [{ [Op.is]: null }, { [Op.gt]: now }] } },
      });
      const user = row && (await users.findOne({ where: { id: row.userId, disabledAt: null, ...alive } }));
      if (!user) return undefined;
      if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > notedEveryMs) {
        await keys.update({ lastUsedAt: now }, { where: { id: row.id } });
      }
      return { key: keyOf(row), userId: user.id, role: user.role };
    },
  };
};
