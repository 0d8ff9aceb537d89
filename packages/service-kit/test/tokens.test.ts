import { DomainError } from '@backend2/contracts';
import test from 'ava';
import jwt from 'jsonwebtoken';
import { accessTokens } from '../src/index.ts';

const key = (n: number) => ({ kid: `k${n}`, secret: `secret-number-${n}-that-is-long-enough-for-this` });
const who = { userId: '00000000-0000-4000-8000-000000000001', role: 'user', sessionId: 's1' } as const;
const refusal = (verify: () => unknown): string => {
  try {
    verify();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return 'accepted';
};

test('a token says who asks until it expires', (t) => {
  const tokens = accessTokens({ secrets: [key(1)], algorithm: 'HS256', ttlMinutes: 1 });
  const { token } = tokens.sign(who);
  t.like(tokens.verify(token), who);
  const old = tokens.sign({ ...who, issuedAt: Date.now() / 1000 - 3600 });
  t.is(
    refusal(() => tokens.verify(old.token)),
    'token_expired',
  );
});

test('a rotated key still verifies, an unknown one does not', (t) => {
  const before = accessTokens({ secrets: [key(1)], algorithm: 'HS256', ttlMinutes: 1 });
  const after = accessTokens({ secrets: [key(2), key(1)], algorithm: 'HS256', ttlMinutes: 1 });
  const later = accessTokens({ secrets: [key(2)], algorithm: 'HS256', ttlMinutes: 1 });
  const { token } = before.sign(who);
  t.like(after.verify(token), who);
  t.is(
    refusal(() => later.verify(token)),
    'token_invalid',
  );
});

test('only the configured algorithm is accepted, whatever the header says', (t) => {
  const tokens = accessTokens({ secrets: [key(1)], algorithm: 'HS256', ttlMinutes: 1 });
  const other = accessTokens({ secrets: [key(1)], algorithm: 'HS512', ttlMinutes: 1 });
  t.is(
    refusal(() => tokens.verify(other.sign(who).token)),
    'token_invalid',
  );
  const { payload } = jwt.decode(tokens.sign(who).token, { complete: true }) as unknown as {
    payload: object;
  };
  const none = jwt.sign(payload, '', { algorithm: 'none', keyid: 'k1' });
  t.is(
    refusal(() => tokens.verify(none)),
    'token_invalid',
  );
});
