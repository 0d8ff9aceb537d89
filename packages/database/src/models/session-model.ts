import {
  DataTypes,
  type CreationOptional,
  type InferAttributes,
  type InferCreationAttributes,
  type Model,
  type ModelStatic,
  type Sequelize,
} from 'sequelize';

export type RevocationCause = 'logout' | 'reuse' | 'password' | 'disabled' | 'deleted' | 'admin';

export interface SessionRow extends Model<InferAttributes<SessionRow>, InferCreationAttributes<SessionRow>> {
  id: string;
  userId: string;
  createdAt: CreationOptional<Date>;
  lastUsedAt: CreationOptional<Date>;
  expiresAt: Date;
  revokedAt: CreationOptional<Date | null>;
  revokedWhy: CreationOptional<RevocationCause | null>;
}

/** The sessions of one server; made at the first call for it. */
export const sessionModel = (server: Sequelize): ModelStatic<SessionRow> =>
  (server.models['sessions'] as ModelStatic<SessionRow> | undefined) ??
  server.define<SessionRow>(
    'sessions',
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      userId: { type: DataTypes.UUID, allowNull: false },
      createdAt: DataTypes.DATE,
      lastUsedAt: { type: DataTypes.DATE, defaultValue: DataTypes.NOW },
      expiresAt: { type: DataTypes.DATE, allowNull: false },
      revokedAt: DataTypes.DATE,
      revokedWhy: DataTypes.TEXT,
    },
    { updatedAt: false },
  );
