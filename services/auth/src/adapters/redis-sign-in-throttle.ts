import { createHash } from 'node:crypto';
import type { RedisClient } from '@backend2/streams';
import type { SignInThrottle, SignInTry } from '../domain/sign-in-throttle.ts';
import { networkOf } from './network-of.ts';
import { admitScript, forgiveScript } from './sign-in-scripts.ts';

export interface ThrottleLimits {
  /** Wrong tries of one network on one account before each next one has to wait. */
  readonly free: number;
  /** The first wait; doubles with every further try. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Tries of one network on any account within a window. */
  readonly perNetwork: number;
  /** Tries of any network on one account within a window; networks the owner has signed in from are exempt. */
  readonly perAccount: number;
  readonly windowMs: number;
  /** How long a network counts as the owner's after a sign-in. */
  readonly knownMs: number;
}

export const throttleLimits: ThrottleLimits = {
  free: 5,
  firstWaitMs: 1000,
  longestWaitMs: 900_000,
  perNetwork: 100,
  perAccount: 50,
  windowMs: 900_000,
  knownMs: 30 * 86_400_000,
};

/** Shared by all instances of the service; accounts and networks are kept as hashes. */
export const redisSignInThrottle = (
  redis: RedisClient,
  prefix: string,
  limits: ThrottleLimits = throttleLimits,
): SignInThrottle => {
  const keysOf = ({
    account,
    address,
  }: SignInTry): [pair: string, known: string, network: string, account: string] => {
    const digest = (...parts: string[]) =>
      createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 22);
    const network = networkOf(address);
    // One hash tag, because one script touches all four.
    const key = (kind: string, id: string) => `${prefix}{sign_in}:${kind}:${id}`;
    return [
      key('pair', digest(account, network)),
      key('known', digest(account, network)),
      key('network', digest(network)),
      key('account', digest(account)),
    ];
  };
  const { free, firstWaitMs, longestWaitMs, perNetwork, perAccount, windowMs, knownMs } = limits;
  return {
    admit: async (attempt) =>
      Number(
        await redis.eval(
          admitScript,
          4,
          ...keysOf(attempt),
          free,
          firstWaitMs,
          longestWaitMs,
          perNetwork,
          perAccount,
          windowMs,
        ),
      ),
    succeeded: async (attempt) => {
      await redis.eval(forgiveScript, 4, ...keysOf(attempt), knownMs);
    },
  };
};
