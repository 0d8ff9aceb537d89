import { createHash, randomUUID } from 'node:crypto';
import { notFound, type StoredArtifact } from '@backend2/contracts';
import test from 'ava';
import { ada, bob } from './samples.ts';
import { startGateway } from './start-gateway.ts';

const bytes = Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 251));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const artifact: StoredArtifact = {
  id: randomUUID(),
  key: 'ab/cd.png',
  contentType: 'image/png',
  bytes: bytes.length,
  sha256,
};
const options = {
  files: new Map([[artifact.key, bytes]]),
  tasks: {
    'artifacts.get': async ({
      principal,
      artifactId,
    }: {
      principal: { userId: string };
      artifactId: string;
    }) => {
      if (principal.userId !== ada || artifactId !== artifact.id) throw notFound('artifact');
      return artifact;
    },
  },
};

test('a file is sent whole, kept by browsers for ever, and not sent again', async (t) => {
  const gateway = await startGateway(t, options);
  const url = `${gateway.url}/api/v1/artifacts/${artifact.id}`;
  const whole = await fetch(url, { headers: gateway.as(ada) });
  t.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes);
  t.is(whole.headers.get('content-type'), 'image/png');
  t.is(whole.headers.get('content-length'), '5000');
  t.is(whole.headers.get('content-encoding'), null);
  t.is(whole.headers.get('etag'), `"${sha256}"`);
  t.is(whole.headers.get('cache-control'), 'private, max-age=31536000, immutable');
  const again = await fetch(url, {
    headers: { ...gateway.as(ada), 'if-none-match': `"${sha256}"`, 'cache-control': 'max-age=0' },
  });
  t.is(again.status, 304);
  const head = await fetch(url, { method: 'HEAD', headers: gateway.as(ada) });
  t.is(head.headers.get('content-length'), '5000');
});

test('a part of a file is sent where it is asked for', async (t) => {
  const gateway = await startGateway(t, options);
  const get = (range: string, more = {}) =>
    fetch(`${gateway.url}/api/v1/artifacts/${artifact.id}`, {
      headers: { ...gateway.as(ada), range, ...more },
    });
  const part = await get('bytes=100-199');
  t.is(part.status, 206);
  t.is(part.headers.get('content-range'), 'bytes 100-199/5000');
  t.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(100, 200));
  const end = await get('bytes=-10');
  t.deepEqual(Buffer.from(await end.arrayBuffer()), bytes.subarray(4990));
  const beyond = await get('bytes=5000-');
  t.is(beyond.status, 416);
  t.is(beyond.headers.get('content-range'), 'bytes */5000');
  t.is((await get('bytes=0-9', { 'if-range': '"another version"' })).status, 200);
  t.is((await get('bytes=0-9', { 'if-range': `"${sha256}"` })).status, 206);
});

test('a thumbnail has a tag of its own and one of a few widths', async (t) => {
  const gateway = await startGateway(t, options);
  const get = (query: string) =>
    fetch(`${gateway.url}/api/v1/artifacts/${artifact.id}?${query}`, { headers: gateway.as(ada) });
  const small = await get('w=256');
  t.is(small.headers.get('content-type'), 'image/webp');
  t.is(small.headers.get('etag'), `"${sha256}-256"`);
  t.is((await small.arrayBuffer()).byteLength, 256);
  t.is((await get('w=255')).status, 422);
});

test('what a file holds is never run where the dashboard is, and all but pictures is saved rather than shown', async (t) => {
  let contentType = '';
  const gateway = await startGateway(t, {
    files: options.files,
    tasks: { 'artifacts.get': async () => ({ ...artifact, contentType }) },
  });
  const sent = async (type: string, query = '') => {
    contentType = type;
    const url = `${gateway.url}/api/v1/artifacts/${artifact.id}${query}`;
    const { status, headers } = await fetch(url, { headers: gateway.as(ada) });
    const again = await fetch(url, {
      headers: {
        ...gateway.as(ada),
        'if-none-match': headers.get('etag') ?? '',
        'cache-control': 'max-age=0',
      },
    });
    t.deepEqual([status, again.status], [200, 304]);
    for (const answer of [headers, again.headers]) {
      t.is(answer.get('content-security-policy'), "default-src 'none'; sandbox");
      t.is(answer.get('x-content-type-options'), 'nosniff');
    }
    return [headers.get('content-type'), headers.get('content-disposition')];
  };
  for (const type of ['image/png', 'image/webp', 'image/jpeg']) {
    t.deepEqual(await sent(type), [type, 'inline']);
  }
  for (const type of [
    'application/javascript',
    'application/xhtml+xml',
    'image/svg+xml',
    'text/html; charset=utf-8',
    'image/png; x="text/html"',
    'application/octet-stream',
  ]) {
    const [as, disposition] = await sent(type);
    t.is(as?.split(';')[0], type.split(';')[0]);
    t.is(disposition, 'attachment', type);
  }
  t.deepEqual(await sent('image/svg+xml', '?w=64'), ['image/webp', 'inline']);
});

test("another's file is not there", async (t) => {
  const gateway = await startGateway(t, options);
  const response = await fetch(`${gateway.url}/api/v1/artifacts/${artifact.id}`, {
    headers: gateway.as(bob),
  });
  t.is(response.status, 404);
});
