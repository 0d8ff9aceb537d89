import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { z } from 'zod';
import { OperatorError } from '../operator-error.ts';

/** How the key of a folder of backups follows from its passphrase; kept beside them, and no secret. */
export const keyDerivationSchema = z.object({
  kdf: z.literal('scrypt'),
  salt: z.string(),
  cost: z.int().positive(),
  /** Tells a wrong passphrase before anything is read. */
  check: z.string(),
});
export type KeyDerivation = z.infer<typeof keyDerivationSchema>;

const magic = Buffer.from('B2SEAL01');
const saltBytes = 16;
const frameBytes = 65_536;
const tagBytes = 16;

const derive = (passphrase: string, salt: Buffer, cost: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options = { N: cost, r: 8, p: 1, maxmem: 256 * cost * 8 };
    scrypt(passphrase.normalize('NFKC'), salt, 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });

const checkOf = (key: Buffer): string => seal(key, 'passphrase check');

/** Authenticates a text that is kept in the clear. */
export const seal = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');

export const newKeyDerivation = async (passphrase: string): Promise<KeyDerivation> => {
  const salt = randomBytes(saltBytes);
  const cost = 2 ** 16;
  const check = checkOf(await derive(passphrase, salt, cost));
  return { kdf: 'scrypt', salt: salt.toString('base64url'), cost, check };
};

export const keyFromPassphrase = async (passphrase: string, how: KeyDerivation): Promise<Buffer> => {
  const key = await derive(passphrase, Buffer.from(how.salt, 'base64url'), how.cost);
  if (!timingSafeEqual(Buffer.from(checkOf(key)), Buffer.from(how.check)))
    throw new OperatorError('The passphrase is not the one these backups were encrypted with.');
  return key;
};

const fileKey = (key: Buffer, salt: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, 'backend2 backup file', 32));

/** Every frame has its number and whether it is the last in its nonce: frames cannot be moved, dropped or cut off. */
const nonceOf = (frame: number, last: boolean): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(frame, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
};

/** AES-256-GCM in frames, so that a file of any size streams and is authenticated before it is used. */
export const encryption = (key: Buffer): Transform => {
  const salt = randomBytes(saltBytes);
  const ofFile = fileKey(key, salt);
  let frame = 0;
  const close = (plain: Buffer, last: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', ofFile, nonceOf(frame, last));
    frame += 1;
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  return framed(frameBytes, close, Buffer.concat([magic, salt]));
};

export const decryption = (key: Buffer): Transform => {
  const header = magic.length + saltBytes;
  let ofFile: Buffer | undefined;
  let frame = 0;
  const open = (sealed: Buffer, last: boolean): Buffer => {
    if (ofFile === undefined || sealed.length < tagBytes) throw damaged();
    const decipher = createDecipheriv('aes-256-gcm', ofFile, nonceOf(frame, last));
    frame += 1;
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
    } catch (cause) {
      throw damaged(cause);
    }
  };
  const frames = framed(frameBytes + tagBytes, open, undefined, (chunk) => {
    if (ofFile !== undefined) return chunk;
    if (chunk.length < header) return undefined;
    if (!chunk.subarray(0, magic.length).equals(magic)) throw damaged();
    ofFile = fileKey(key, chunk.subarray(magic.length, header));
    return chunk.subarray(header);
  });
  return frames;
};

const damaged = (cause?: unknown): OperatorError =>
  new OperatorError('An encrypted file of the backup is damaged or cut off, or is of another backup.', {
    cause,
  });

/** Cuts what comes into frames of `size`; the last may be shorter, and is empty only where nothing came. */
const framed = (
  size: number,
  convert: (frame: Buffer, last: boolean) => Buffer,
  header?: Buffer,
  /** Takes what stands before the first frame off; undefined asks for more. */
  behead: (chunk: Buffer) => Buffer | undefined = (chunk) => chunk,
): Transform => {
  let held: Buffer = Buffer.alloc(0);
  let begun = false;
  const attempt = (done: TransformCallback, work: () => void) => {
    try {
      work();
      done();
    } catch (error) {
      done(error as Error);
    }
  };
  return new Transform({
    construct(done) {
      if (header) this.push(header);
      done();
    },
    transform(chunk: Buffer, _encoding, done) {
      attempt(done, () => {
        held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        if (!begun) {
          const rest = behead(held);
          if (rest === undefined) return;
          held = rest;
          begun = true;
        }
        let from = 0;
        // One frame is always held back, since only the end tells whether it was the last.
        for (; held.length - from > size; from += size)
          this.push(convert(held.subarray(from, from + size), false));
        held = held.subarray(from);
      });
    },
    flush(done) {
      attempt(done, () => void this.push(convert(held, true)));
    },
  });
};
