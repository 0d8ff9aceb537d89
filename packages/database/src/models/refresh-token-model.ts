import {
  DataTypes,
  type CreationOptional,
  type InferAttributes,
  type InferCreationAttributes,
  type Model,
  type ModelStatic,
  type Sequelize,
} from 'sequelize';

export interface RefreshTokenRow extends Model<
  InferAttributes<RefreshTokenRow>,
  InferCreationAttributes<RefreshTokenRow>
> {
  /** SHA-256 of the token. */
  hash: Buffer;
  sessionId: string;
  createdAt: CreationOptional<Date>;
  expiresAt: Date;
  /** When it was exchanged; a second exchange means that it was stolen. */
  usedAt: CreationOptional<Date | null>;
}

/** The refresh tokens of one server; made at the first call for it. */
export const refreshTokenModel = (server: Sequelize): ModelStatic<RefreshTokenRow> =>
  (server.models['refresh_tokens'] as ModelStatic<RefreshTokenRow> | undefined) ??
  server.define<RefreshTokenRow>(
    'refresh_tokens',
    {
      hash: { type: DataTypes.BLOB, primaryKey: true },
      sessionId: { type: DataTypes.UUID, allowNull: false },
      createdAt: DataTypes.DATE,
      expiresAt: { type: DataTypes.DATE, allowNull: false },
      usedAt: DataTypes.DATE,
    },
    { updatedAt: false },
  );
