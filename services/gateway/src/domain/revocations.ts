import type { AccessClaims } from '@backend2/service-kit';

export interface Revocation {
  readonly userId: string;
  /** Epoch seconds: the user's tokens issued before are revoked. */
  readonly before?: number | undefined;
  /** Only this token is. */
  readonly tokenId?: string | undefined;
}

/** What is kept in memory so that no request needs to ask whether its token still counts. */
export class Revocations {
  readonly #tokens = new Map<string, number>();
  readonly #users = new Map<string, { before: number; forgetAt: number }>();
  readonly #ttlMs: number;
  readonly #listeners = new Set<(revocation: Revocation) => void>();

  /** @param ttlSeconds lifetime of an access token: no revocation has to be remembered longer. */
  constructor(ttlSeconds: number) {
    this.#ttlMs = ttlSeconds * 1000;
  }

  add(revocation: Revocation): void {
    const { userId, before, tokenId } = revocation;
    const forgetAt = Date.now() + this.#ttlMs;
    if (tokenId !== undefined) this.#tokens.set(tokenId, forgetAt);
    else {
      const latest = Math.max(before ?? 0, this.#users.get(userId)?.before ?? 0);
      this.#users.set(userId, { before: latest, forgetAt });
    }
    for (const listener of this.#listeners) listener(revocation);
  }

  has({ tokenId, userId, issuedAt }: AccessClaims): boolean {
    return this.#tokens.has(tokenId) || issuedAt < (this.#users.get(userId)?.before ?? 0);
  }

  /** Returns what ends the listening. */
  onAdd(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets what no unexpired token can match any more. */
  prune(now = Date.now()): void {
    for (const [tokenId, forgetAt] of this.#tokens) if (forgetAt < now) this.#tokens.delete(tokenId);
    for (const [userId, { forgetAt }] of this.#users) if (forgetAt < now) this.#users.delete(userId);
  }
}
