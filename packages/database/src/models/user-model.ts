import type { Role } from '@backend2/contracts';
import {
  DataTypes,
  type CreationOptional,
  type InferAttributes,
  type InferCreationAttributes,
  type Model,
  type ModelStatic,
  type Sequelize,
} from 'sequelize';

export interface UserRow extends Model<InferAttributes<UserRow>, InferCreationAttributes<UserRow>> {
  id: string;
  /** Lower case. */
  email: string;
  name: string;
  role: Role;
  passwordHash: string;
  passwordChangedAt: CreationOptional<Date>;
  /** Access tokens issued before are refused. */
  tokensValidFrom: CreationOptional<Date | null>;
  disabledAt: CreationOptional<Date | null>;
  deletedAt: CreationOptional<Date | null>;
  createdAt: CreationOptional<Date>;
  updatedAt: CreationOptional<Date>;
}

/** The users of one server; made at the first call for it. */
export const userModel = (server: Sequelize): ModelStatic<UserRow> =>
  (server.models['users'] as ModelStatic<UserRow> | undefined) ??
  server.define<UserRow>('users', {
    id: { type: DataTypes.UUID, primaryKey: true },
    email: { type: DataTypes.TEXT, allowNull: false },
    name: { type: DataTypes.TEXT, allowNull: false },
    role: { type: DataTypes.TEXT, allowNull: false },
    passwordHash: { type: DataTypes.TEXT, allowNull: false },
    passwordChangedAt: { type: DataTypes.DATE, allowNull: false, defaultValue: DataTypes.NOW },
    tokensValidFrom: DataTypes.DATE,
    disabledAt: DataTypes.DATE,
    deletedAt: DataTypes.DATE,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });
