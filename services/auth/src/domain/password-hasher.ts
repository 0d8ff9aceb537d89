export interface PasswordHasher {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
  /** Takes as long as `verify` and is never right: for accounts that do not exist. */
  verifyNone(password: string): Promise<false>;
  /** Whether the hash was made with parameters no longer in use. */
  isDated(hash: string): boolean;
}
