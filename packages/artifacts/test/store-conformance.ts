import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { ExecutionContext, TestFn } from 'ava';
import { ArtifactStoreError, type ArtifactStore } from '../src/index.ts';

/** What every store must do; `open` gives an empty one for the test. */
export function storeConformance(
  test: TestFn,
  name: string,
  openStore: (t: ExecutionContext) => Promise<ArtifactStore>,
): void {
  const png = { contentType: 'image/png' };
  const text = (words: string) => new TextEncoder().encode(words);

  test(`${name}: what is put can be read back whole`, async (t) => {
    const store = await openStore(t);
    const content = text('a picture, say');
    const stored = await store.put(content, png);
    const sha256 = createHash('sha256').update(content).digest('hex');
    t.deepEqual(stored, { key: `${sha256.slice(0, 2)}/${sha256}.png`, sha256, bytes: content.length });
    const { stream, size } = await store.open(stored.key);
    t.is(size, content.length);
    t.deepEqual(new Uint8Array(await buffer(stream)), content);
  });

  test(`${name}: twenty writers of one content agree on one file`, async (t) => {
    const store = await openStore(t);
    const content = text('the same').slice();
    const stored = await Promise.all(Array.from({ length: 20 }, () => store.put(content, png)));
    t.is(new Set(stored.map(({ key }) => key)).size, 1);
    const [first] = stored;
    t.is((await buffer((await store.open(first?.key ?? '')).stream)).toString(), 'the same');
  });

  test(`${name}: a range gives its bytes, inclusive, and is cut at the end of the file`, async (t) => {
    const store = await openStore(t);
    const { key } = await store.put(text('0123456789'), png);
    const middle = await store.open(key, { start: 2, end: 4 });
    t.deepEqual([middle.size, middle.start, middle.end], [10, 2, 4]);
    t.is((await buffer(middle.stream)).toString(), '234');
    const tail = await store.open(key, { start: 8, end: 99 });
    t.is((await buffer(tail.stream)).toString(), '89');
    const error = await t.throwsAsync(store.open(key, { start: 10 }), { instanceOf: ArtifactStoreError });
    t.is(error.code, 'range');
  });

  test(`${name}: what was deleted is absent, and deleting it again is no error`, async (t) => {
    const store = await openStore(t);
    const { key } = await store.put(text('short life'), png);
    await store.delete(key);
    await store.delete(key);
    const error = await t.throwsAsync(store.open(key), { instanceOf: ArtifactStoreError });
    t.is(error.code, 'absent');
  });

  test(`${name}: no key can name anything outside the store`, async (t) => {
    const store = await openStore(t);
    const hash = 'a'.repeat(64);
    for (const key of [
      '',
      '../secret',
      '/etc/passwd',
      `aa/../../${hash}.png`,
      `aa/${hash}.png/..`,
      `aa/${hash}.png\0`,
      'aa\\b',
      `AA/${hash}.png`,
    ]) {
      for (const attempt of [store.open(key), store.delete(key), store.put(text('x'), { ...png, key })]) {
        const error = await t.throwsAsync(attempt, { instanceOf: ArtifactStoreError }, key);
        t.is(error.code, 'bad-key', key);
      }
    }
  });

  test(`${name}: a working store passes its check and is left as it was`, async (t) => {
    await t.notThrowsAsync((await openStore(t)).check());
  });
}
