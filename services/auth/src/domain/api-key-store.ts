import type { ApiKeyScope, Role } from '@backend2/contracts';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** Deleted keys are not there for any of these. */
export interface ApiKeyStore {
  listOf(userId: string): Promise<ApiKey[]>;
  /** Undefined where the user has `most` already, however many are made at the same moment. */
  create(
    userId: string,
    hash: Buffer,
    key: Omit<ApiKey, 'createdAt' | 'lastUsedAt'>,
    most: number,
  ): Promise<ApiKey | undefined>;
  /** Whether the user had such a key. */
  remove(id: string, userId: string): Promise<boolean>;
  /** A key that has not expired, of a user who is active; notes its use, to within a minute. */
  use(
    hash: Buffer,
  ): Promise<{ readonly key: ApiKey; readonly userId: string; readonly role: Role } | undefined>;
}
