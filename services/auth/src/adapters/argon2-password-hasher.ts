import { randomBytes } from 'node:crypto';
import { hash as argon2, verify as argon2Verify } from '@node-rs/argon2';
import type { PasswordHasher } from '../domain/password-hasher.ts';

/** OWASP Password Storage Cheat Sheet, the first of its equivalent settings for little memory: 19 MiB, 2 passes, 1 lane. The library's default is argon2id. */
const owasp = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const marker = `$argon2id$v=19$m=${owasp.memoryCost},t=${owasp.timeCost},p=${owasp.parallelism}$`;

/** @param onHashed told how long each took, in milliseconds. */
export const argon2PasswordHasher = (onHashed: (ms: number) => void = () => undefined): PasswordHasher => {
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await work;
    onHashed(performance.now() - begun);
    return result;
  };
  const hash = (password: string) => timed(argon2(password, owasp));
  const dummy = hash(randomBytes(32).toString('base64url'));
  return {
    hash,
    verify: (stored, password) => timed(argon2Verify(stored, password)),
    verifyNone: async (password) => {
      await timed(argon2Verify(await dummy, password));
      return false;
    },
    isDated: (stored) => !stored.startsWith(marker),
  };
};
