import type { Role, UserView } from '@backend2/contracts';

export interface User {
  readonly id: string;
  /** Lower case. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
  readonly disabledAt: Date | null;
  readonly createdAt: Date;
}

export const userView = ({ id, email, name, role, disabledAt, createdAt }: User): UserView => ({
  id,
  email,
  name,
  role,
  disabled: disabledAt !== null,
  createdAt: createdAt.toISOString(),
});
