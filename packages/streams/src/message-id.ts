import { randomBytes } from 'node:crypto';

const origin = randomBytes(7).toString('base64url');
let drawn = 0;

/** An id no other process draws: 56 random bits of this process, then a count. */
export const drawMessageId = (): string => `${origin}.${(drawn++).toString(36)}`;

/** A name for a consumer or an RPC client, unique in the whole deployment. */
export const drawInstanceName = (host: string): string =>
  `${host.slice(0, 63)}-${process.pid}-${randomBytes(6).toString('hex')}`;
