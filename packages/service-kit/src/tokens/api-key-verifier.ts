import { createHash } from 'node:crypto';
import { DomainError, type AuthRpc, type VerifiedApiKey } from '@backend2/contracts';
import type { TypedRpcClient } from '../rpc/rpc-client.ts';
import type { RevocationList } from './revocation-list.ts';

export interface ApiKeyVerifierSetup {
  readonly auth: Pick<TypedRpcClient<AuthRpc>, 'call'>;
  /** What ends a remembered answer early: deletion of the key, and any change that refuses its owner's tokens. */
  readonly revocations: Pick<RevocationList, 'isRevoked'>;
  /** How long an answer is remembered. Default 30,000. */
  readonly rememberMs?: number;
  /** Most answers remembered; the oldest goes first. Default 10,000. */
  readonly most?: number;
}

interface Remembered {
  readonly answer: VerifiedApiKey | DomainError;
  readonly at: number;
}

/** A wrong key is remembered for less long: it may be created, or its owner enabled, at any moment. */
const rememberWrongMs = 5000;

/**
 * Asks auth about an API key, once for many requests at once and again after a while.
 *
 * @returns a function that throws DomainError `unauthenticated` for a key that is not valid, `unavailable` when auth
 * cannot be asked.
 */
export const apiKeyVerifier = (setup: ApiKeyVerifierSetup): ((key: string) => Promise<VerifiedApiKey>) => {
  const { auth, revocations, rememberMs = 30_000, most = 10_000 } = setup;
  const remembered = new Map<string, Remembered>();
  const asking = new Map<string, Promise<VerifiedApiKey>>();

  const remember = (id: string, entry: Remembered) => {
    remembered.delete(id);
    remembered.set(id, entry);
    const [oldest] = remembered.keys();
    if (remembered.size > most && oldest !== undefined) remembered.delete(oldest);
  };

  const ask = async (id: string, key: string): Promise<VerifiedApiKey> => {
    // From before the question: a revocation that comes while it is answered then ends the answer.
    const at = Date.now();
    try {
      const answer = await auth.call('apiKeys.verify', { key });
      remember(id, { answer, at });
      return answer;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated')
        remember(id, { answer: error, at });
      throw error;
    }
  };

  const stillGood = ({ answer, at }: Remembered): boolean => {
    const age = Date.now() - at;
    if (answer instanceof DomainError) return age < rememberWrongMs;
    const { userId, apiKeyId: tokenId, expiresAt } = answer;
    if (age >= rememberMs || (expiresAt !== null && expiresAt * 1000 <= Date.now())) return false;
    return !revocations.isRevoked({ userId, tokenId, sessionId: tokenId, issuedAt: at / 1000 });
  };

  return async (key) => {
    const id = createHash('sha256').update(key).digest('base64url');
    const known = remembered.get(id);
    if (known && stillGood(known)) {
      if (known.answer instanceof DomainError) throw known.answer;
      return known.answer;
    }
    const current = asking.get(id);
    if (current) return current;
    const question = ask(id, key).finally(() => asking.delete(id));
    asking.set(id, question);
    return question;
  };
};
