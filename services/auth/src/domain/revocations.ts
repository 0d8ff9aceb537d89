import type { Revocation } from '@backend2/service-kit';

/** Makes every gateway refuse tokens within a second, those started later too. */
export interface Revocations {
  announce(userId: string, revocation: Revocation): Promise<void>;
  /** True until a start's first restoring and after an announcement failed: Postgres may know more than Redis. */
  owes: boolean;
}
