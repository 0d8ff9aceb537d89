import { createHmac, randomBytes } from 'node:crypto';
import test from 'ava';
import { verifyWebhook, WebhookVerificationError, type IncomingWebhook } from '../src/index.ts';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const body = JSON.stringify({
  type: 'webhook.test',
  timestamp: '2026-11-25T10:00:00.000Z',
  data: { webhookId: '0198b7a4-6f7e-7c3a-9a45-0000000000aa' },
});
const now = Date.parse('2026-11-25T10:00:10Z');
const seconds = now / 1000;

const signed = (over: string, by = secret): string => {
  const key = Buffer.from(by.slice('whsec_'.length), 'base64');
  return `v1,${createHmac('sha256', key).update(over).digest('base64')}`;
};

const incoming = (changes: Record<string, string> = {}, text = body): IncomingWebhook => ({
  headers: {
    'webhook-id': 'one',
    'webhook-timestamp': String(seconds),
    'webhook-signature': signed(`one.${seconds}.${body}`),
    ...changes,
  },
  body: text,
});

test('a delivery is trusted by any of the secrets and any of its signatures, and comes typed', async (t) => {
  const { id, payload } = await verifyWebhook(incoming(), secret, { now });
  t.is(id, 'one');
  t.is(payload.type, 'webhook.test');
  const other = `whsec_${randomBytes(24).toString('base64')}`;
  const both = incoming({
    'webhook-signature': `v1a,AAAA v1,!! ${signed(`one.${seconds}.${body}`, other)} ${signed(`one.${seconds}.${body}`)}`,
  });
  t.is((await verifyWebhook(both, [other], { now })).id, 'one');
  const { headers } = incoming();
  const request = { headers: new Headers(headers as Record<string, string>), body: Buffer.from(body) };
  t.is((await verifyWebhook(request, [other, secret], { now })).id, 'one');
});

test('what is forged, stale, from the future or incomplete is refused, and the error says which', async (t) => {
  const refused = async (request: IncomingWebhook, by = secret, at = now) =>
    (await t.throwsAsync(verifyWebhook(request, by, { now: at }), { instanceOf: WebhookVerificationError }))
      ?.code;
  t.is(await refused(incoming({}, `${body} `)), 'signature_wrong');
  t.is(await refused(incoming({ 'webhook-id': 'two' })), 'signature_wrong');
  t.is(await refused(incoming(), `whsec_${randomBytes(32).toString('base64')}`), 'signature_wrong');
  t.is(await refused(incoming(), secret, now + 301_000), 'too_old');
  t.is(await refused(incoming({ 'webhook-timestamp': 'yesterday' })), 'too_old');
  t.is(await refused(incoming(), secret, now - 301_000), 'too_new');
  t.is(await refused(incoming({ 'webhook-signature': '' })), 'header_missing');
  t.is(await refused(incoming({ 'webhook-signature': signed(`one.${seconds}.[]`) }, '[]')), 'body_unknown');
  await t.throwsAsync(verifyWebhook(incoming(), 'not a secret', { now }), { instanceOf: TypeError });
});

test("Standard Webhooks' own example is verified", async (t) => {
  const example = {
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    body: '{"test": 2432232314}',
  };
  const verified = verifyWebhook(example, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
    now: 1_614_265_330_000,
  });
  // Signed as it must be; the body is only none of ours.
  t.is((await t.throwsAsync(verified, { instanceOf: WebhookVerificationError }))?.code, 'body_unknown');
});
