import { webhookPayloadSchema, type WebhookPayload } from '@backend2/contracts';

export interface IncomingWebhook {
  /** As the request has them: a `Headers`, or Node's object, whose names are lower case. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As it came, before it was parsed: another spelling of the same JSON has another signature. */
  readonly body: string | Uint8Array;
}

export interface VerifyWebhookOptions {
  /** How old, or how far ahead, a request may be. Default 300. */
  readonly toleranceSeconds?: number;
  /** Epoch milliseconds. */
  readonly now?: number;
}

export interface VerifiedWebhook {
  /** The same for every attempt: what was seen before is to be answered 2xx and left alone. */
  readonly id: string;
  readonly payload: WebhookPayload;
}

export type WebhookFault = 'header_missing' | 'too_old' | 'too_new' | 'signature_wrong' | 'body_unknown';

/** The request is not to be trusted, or not understood; answer it 400. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
  readonly code: WebhookFault;

  constructor(code: WebhookFault, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Whether a request was sent by Backend2, as Standard Webhooks says; compares in constant time.
 *
 * @param secrets the webhook's secret, or several of which any will do.
 * @throws WebhookVerificationError
 */
export const verifyWebhook = async (
  { headers, body }: IncomingWebhook,
  secrets: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now() }: VerifyWebhookOptions = {},
): Promise<VerifiedWebhook> => {
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  ) as [string, string, string];
  checkAge(timestamp, toleranceSeconds, now);
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  const signatures = signature.split(' ').flatMap((part) => {
    const [version, value = ''] = part.split(',');
    const bytes = version === 'v1' ? bytesOf(value) : undefined;
    return bytes ? [bytes] : [];
  });
  let known = false;
  for (const secret of typeof secrets === 'string' ? [secrets] : secrets) {
    const key = await keyOf(secret);
    for (const bytes of signatures) known = (await crypto.subtle.verify('HMAC', key, bytes, signed)) || known;
  }
  if (!known)
    throw new WebhookVerificationError('signature_wrong', 'No signature of the request is of this secret.');
  return { id, payload: payloadOf(text) };
};

const headerOf = (headers: IncomingWebhook['headers'], name: string): string => {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new WebhookVerificationError('header_missing', `The request has no ${name} header.`);
};

const checkAge = (timestamp: string, toleranceSeconds: number, now: number): void => {
  const age = /^\d{1,12}$/.test(timestamp) ? now / 1000 - Number(timestamp) : Number.NaN;
  if (!(age <= toleranceSeconds))
    throw new WebhookVerificationError(
      'too_old',
      'The request is too old, or does not say when it was sent.',
    );
  if (age < -toleranceSeconds)
    throw new WebhookVerificationError('too_new', 'The request says that it was sent in the future.');
};

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
};

const keyOf = (secret: string) => {
  const bytes = secret.startsWith('whsec_') ? bytesOf(secret.slice('whsec_'.length)) : undefined;
  if (!bytes) throw new TypeError('A webhook secret is whsec_ and base64.');
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
};

const payloadOf = (text: string): WebhookPayload => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Left undefined, which no payload is.
  }
  const parsed = webhookPayloadSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new WebhookVerificationError('body_unknown', 'The body is not one this version knows.');
};
