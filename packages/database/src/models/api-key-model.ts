import type { ApiKeyScope } from '@backend2/contracts';
import {
  DataTypes,
  type CreationOptional,
  type InferAttributes,
  type InferCreationAttributes,
  type Model,
  type ModelStatic,
  type Sequelize,
} from 'sequelize';

export interface ApiKeyRow extends Model<InferAttributes<ApiKeyRow>, InferCreationAttributes<ApiKeyRow>> {
  id: string;
  userId: string;
  name: string;
  prefix: string;
  /** SHA-256 of the key. */
  hash: Buffer;
  scopes: ApiKeyScope[];
  createdAt: CreationOptional<Date>;
  expiresAt: CreationOptional<Date | null>;
  lastUsedAt: CreationOptional<Date | null>;
  deletedAt: CreationOptional<Date | null>;
}

/** The API keys of one server; made at the first call for it. */
export const apiKeyModel = (server: Sequelize): ModelStatic<ApiKeyRow> =>
  (server.models['api_keys'] as ModelStatic<ApiKeyRow> | undefined) ??
  server.define<ApiKeyRow>(
    'api_keys',
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      userId: { type: DataTypes.UUID, allowNull: false },
      name: { type: DataTypes.TEXT, allowNull: false },
      prefix: { type: DataTypes.TEXT, allowNull: false },
      hash: { type: DataTypes.BLOB, allowNull: false },
      scopes: { type: DataTypes.ARRAY(DataTypes.TEXT), allowNull: false },
      createdAt: DataTypes.DATE,
      expiresAt: DataTypes.DATE,
      lastUsedAt: DataTypes.DATE,
      deletedAt: DataTypes.DATE,
    },
    { updatedAt: false },
  );
