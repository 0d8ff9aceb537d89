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

/** What auth said of a key, and when it was asked: epoch seconds. A later revocation ends what was said. */
export interface KnownApiKey extends VerifiedApiKey {
  readonly asOf: number;
}

/**
 * Called before auth is asked about a key that is not remembered; a rejection goes to the caller instead. What it
 * resolves with is called if the key turns out to be right.
 */
export type AdmitQuestion = () => Promise<() => Promise<void>>;

/**
 * @throws DomainError `unauthenticated` for a key that is not valid, `unavailable` when auth cannot be asked, and
 * whatever `admit` rejects with.
 */
export type VerifyApiKey = (key: string, admit?: AdmitQuestion) => Promise<KnownApiKey>;

interface Remembered {
  readonly answer: KnownApiKey | DomainError;
  readonly at: number;
}

/** A wrong key is remembered for less long: it may be created, or its owner enabled, at any moment. */
const rememberWrongMs = 5000;

/** Any other text is refused without a question. */
const keyForm = /^b2k_[\w-]{43}$/;

const wrongKey = (): DomainError =>
  new DomainError('unauthenticated', 'api_key_invalid', 'The API key is not valid.');

/** Asks auth about an API key, once for many requests at once and again after a while. */
export const apiKeyVerifier = (setup: ApiKeyVerifierSetup): VerifyApiKey => {
  const { auth, revocations, rememberMs = 30_000, most = 10_000 } = setup;
  const remembered = new Map<string, Remembered>();
  const asking = new Map<string, Promise<KnownApiKey>>();

  const remember = (id: string, entry: Remembered) => {
    remembered.delete(id);
    remembered.set(id, entry);
    const [oldest] = remembered.keys();
    if (remembered.size > most && oldest !== undefined) remembered.delete(oldest);
  };

  const ask = async (id: string, key: string, admit?: AdmitQuestion): Promise<KnownApiKey> => {
    const right = await admit?.();
    // From before the question: a revocation that comes while it is answered then ends the answer.
    const at = Date.now();
    try {
      const answer = { ...(await auth.call('apiKeys.verify', { key })), asOf: at / 1000 };
      remember(id, { answer, at });
      await right?.();
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

  return async (key, admit) => {
    if (!keyForm.test(key)) throw wrongKey();
    const id = createHash('sha256').update(key).digest('base64url');
    const known = remembered.get(id);
    if (known && stillGood(known)) {
      if (known.answer instanceof DomainError) throw known.answer;
      return known.answer;
    }
    const current = asking.get(id);
    if (current) return current;
    const question = ask(id, key, admit).finally(() => asking.delete(id));
    asking.set(id, question);
    return question;
  };
};
