import { createHash } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import test from 'ava';
import sharp from 'sharp';
import {
  createEngine,
  EngineRejectedError,
  EngineUnavailableError,
  readImageMetadata,
  type ImageRequest,
} from '../src/index.ts';

const request = (over: Partial<ImageRequest> = {}): ImageRequest => ({
  prompt: 'a lighthouse at dusk',
  width: 256,
  height: 192,
  seed: 7,
  metadata: { taskId: 'f3c5', ordinal: '12' },
  ...over,
});
const signal = () => new AbortController().signal;

const engine = createEngine({ kind: 'builtin' });
test.after.always(() => engine.close());

const draw = async (over: Partial<ImageRequest> = {}) => {
  const [image] = await engine.generate(request(over), { signal: signal() });
  return image!;
};
const pixels = async (over: Partial<ImageRequest> = {}) =>
  sharp((await draw({ width: 128, height: 128, ...over })).bytes)
    .removeAlpha()
    .raw()
    .toBuffer();
const distance = (one: Uint8Array, other: Uint8Array) =>
  one.reduce((sum, value, i) => sum + Math.abs(value - other[i]!), 0) / one.length;

test('the same request gives the same bytes, also from another engine and thread', async (t) => {
  const again = createEngine({ kind: 'builtin', threads: 2 });
  t.teardown(() => again.close());
  const one = await draw();
  const [two] = await again.generate(request(), { signal: signal() });
  t.deepEqual(one.bytes, two!.bytes);
});

test('the picture is what it was when this test was written, to the byte', async (t) => {
  const { bytes } = await draw({ width: 128, height: 128 });
  t.is(
    createHash('sha256').update(bytes).digest('hex'),
    'f6820f2ed3bbf914c652541274724d669bbfa50a93ca2e48d9c1242cb91bb50a',
  );
});

test('PNG and WebP files are real, of the asked size, and show the same picture', async (t) => {
  const png = await draw({ format: 'png' });
  const webp = await draw({ format: 'webp' });
  t.is(png.contentType, 'image/png');
  t.is(webp.contentType, 'image/webp');
  for (const [image, format] of [
    [png, 'png'],
    [webp, 'webp'],
  ] as const) {
    const seen = await sharp(image.bytes).metadata();
    t.deepEqual([seen.format, seen.width, seen.height], [format, 256, 192]);
  }
  const [one, other] = await Promise.all(
    [png, webp].map(({ bytes }) => sharp(bytes).removeAlpha().raw().toBuffer()),
  );
  t.true(distance(one!, other!) < 4);
});

test('each seed and each word changes the picture', async (t) => {
  const base = await pixels({ prompt: 'quiet library, long shadows' });
  t.true(distance(base, await pixels({ prompt: 'quiet library, short shadows' })) > 1);
  t.true(distance(base, await pixels({ prompt: 'quiet library, long shadows', seed: 8 })) > 1);
});

test('pictures of one variable look more alike than pictures of different prompts', async (t) => {
  const subjects = [
    'quiet library by the window',
    'old harbour with boats',
    'jazz concert crowd',
    'wooden robot toy',
  ];
  const values = ['long shadows', 'short shadows', 'deep shadows'];
  const rows = await Promise.all(
    subjects.map((subject) =>
      Promise.all(values.map((value) => pixels({ prompt: `${subject}, ${value}`, width: 64, height: 64 }))),
    ),
  );
  const mean = (pairs: [Uint8Array, Uint8Array][]) =>
    pairs.reduce((sum, [one, other]) => sum + distance(one, other), 0) / pairs.length;
  const alike = rows.flatMap(([a, b, c]): [Uint8Array, Uint8Array][] => [
    [a!, b!],
    [a!, c!],
    [b!, c!],
  ]);
  const unlike = rows.flatMap((row, i) =>
    rows.slice(0, i).map((other): [Uint8Array, Uint8Array] => [row[0]!, other[1]!]),
  );
  t.true(mean(alike) < 0.9 * mean(unlike), `${mean(alike)} against ${mean(unlike)}`);
});

test('emphasis moves the picture towards the emphasised words', async (t) => {
  const lion = await pixels({ prompt: 'lion' });
  const heavy = await pixels({ prompt: '(lion:6), paper boat' });
  const light = await pixels({ prompt: '(lion:0.2), paper boat' });
  t.true(distance(lion, heavy) < distance(lion, light));
});

test('a colour word decides the colours, and a negative prompt takes it away', async (t) => {
  const mean = async (prompt: string, negativePrompt = '') => {
    const data = await pixels({ prompt, negativePrompt });
    const sums = [0, 0, 0];
    data.forEach((value, i) => (sums[i % 3]! += value));
    return sums as [number, number, number];
  };
  const [red, , redsBlue] = await mean('a crimson vase');
  t.true(red > redsBlue * 1.5);
  const [bluesRed, , blue] = await mean('a cobalt blue vase');
  t.true(blue > bluesRed * 1.3);
  t.notDeepEqual(await mean('a crimson vase', 'crimson'), await mean('a crimson vase'));
});

for (const style of ['watercolor', 'pixel art', 'line drawing', 'neon', 'poster', 'oil painting', 'photo']) {
  test(`"${style}" draws another picture of the same prompt, and never a blank one`, async (t) => {
    const styled = await pixels({ prompt: `a fox, ${style}` });
    t.true(distance(styled, await pixels({ prompt: 'a fox' })) > 3);
    const { channels } = await sharp(styled, { raw: { width: 128, height: 128, channels: 3 } }).stats();
    t.true(channels.some(({ stdev }) => stdev > 8));
  });
}

test('polish draws a different picture of the same composition', async (t) => {
  const plain = await pixels();
  const polished = await pixels({ polish: true });
  t.true(distance(plain, polished) > 0.5);
  t.true(distance(plain, polished) < distance(plain, await pixels({ prompt: 'jazz concert crowd' })));
});

for (const format of ['png', 'webp'] as const) {
  test(`prompt, seed and task can be read back from a ${format} file, whatever the script`, async (t) => {
    const { bytes } = await draw({ format, prompt: 'ein Schloß & <a> "寺" at dusk', negativePrompt: 'fog' });
    const { parameters, fields } = readImageMetadata(bytes);
    t.deepEqual(fields, {
      taskId: 'f3c5',
      ordinal: '12',
      prompt: 'ein Schloß & <a> "寺" at dusk',
      negativePrompt: 'fog',
      seed: '7',
      width: '256',
      height: '192',
      engine: 'builtin',
    });
    t.is(
      parameters,
      'ein Schloß & <a> "寺" at dusk\nNegative prompt: fog\nSeed: 7, Size: 256x192, Model: builtin',
    );
  });
}

test('sharp finds the EXIF and XMP of a WebP and the comments of a PNG', async (t) => {
  const webp = await sharp((await draw({ format: 'webp' })).bytes).metadata();
  t.truthy(webp.exif);
  t.truthy(webp.xmp);
  const png = await sharp((await draw()).bytes).metadata();
  t.true(png.comments?.some(({ keyword }) => keyword === 'parameters'));
});

test('a request with several faults is refused once, naming each', async (t) => {
  const error = await t.throwsAsync(draw({ width: 63, height: 5000, seed: -1, prompt: ' ' }), {
    instanceOf: EngineRejectedError,
  });
  for (const word of ['width', '63', 'height', '5000', 'seed', 'prompt'])
    t.true(error.message.includes(word), word);
});

test('the smallest and very oblong pictures are drawn', async (t) => {
  for (const [width, height] of [
    [64, 64],
    [1024, 64],
    [65, 513],
  ] as const) {
    const image = await draw({ width, height });
    const seen = await sharp(image.bytes).metadata();
    t.deepEqual([seen.width, seen.height], [width, height]);
  }
});

test('an abort frees the caller at once and the thread soon', async (t) => {
  const busy = createEngine({ kind: 'builtin', threads: 1 });
  t.teardown(() => busy.close());
  await busy.generate(request({ width: 64, height: 64 }), { signal: signal() });
  const stop = new AbortController();
  const large = request({ width: 4096, height: 4096, polish: true });
  const begun = performance.now();
  const doomed = busy.generate(large, { signal: stop.signal });
  stop.abort(new Error('cancelled by its owner'));
  await t.throwsAsync(doomed, { message: 'cancelled by its owner' });
  await busy.generate(request({ width: 64, height: 64 }), { signal: signal() });
  const freedAfter = performance.now() - begun;
  const whole = performance.now();
  await busy.generate({ ...large, polish: false }, { signal: signal() });
  t.true(freedAfter < (performance.now() - whole) / 2);
});

test('an already aborted call draws nothing', async (t) => {
  await t.throwsAsync(engine.generate(request(), { signal: AbortSignal.abort(new Error('too late')) }), {
    message: 'too late',
  });
});

test('the event loop stays free while pictures are drawn', async (t) => {
  await draw();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  await Promise.all([1, 2, 3].map((seed) => draw({ width: 1024, height: 1024, seed })));
  const took = performance.now() - begun;
  delay.disable();
  t.true(delay.percentile(90) / 1e6 < took / 20, `p90 ${delay.percentile(90) / 1e6} ms of ${took} ms`);
});

test('a closed engine says so and is safe to close again', async (t) => {
  const short = createEngine({ kind: 'builtin' });
  await short.check();
  await short.close();
  await short.close();
  await t.throwsAsync(short.generate(request(), { signal: signal() }), {
    instanceOf: EngineUnavailableError,
  });
  await t.throwsAsync(short.check(), { instanceOf: EngineUnavailableError });
});
