import { createEngine } from '@backend2/engines';
import { createMetrics, silentLog } from '@backend2/service-kit';
import test from 'ava';
import { imageGenerate } from '../src/handlers/image-generate.ts';

test("an image's engine says what is costly to switch and how far it is; the handler hands both on", async (t) => {
  const engine = { ...createEngine({ kind: 'builtin', threads: 1 }), costlyOptions: ['checkpoint', 'lora'] };
  const handler = imageGenerate(engine, createMetrics('test'));
  t.teardown(() => handler.close?.());
  t.deepEqual(handler.costlyInputs, ['/engineOptions/checkpoint', '/engineOptions/lora']);
  const told: number[] = [];
  const sizes: (number | undefined)[] = [];
  const result = await handler.run(
    handler.input.parse({ prompts: [{ value: 'a lake' }], engineOptions: { width: 64, height: 64 } }),
    {
      signal: AbortSignal.timeout(30_000),
      log: silentLog(),
      taskId: '0192f0c1-0000-7000-8000-00000000000b',
      ordinal: 0,
      run: 1,
      attempt: 1,
      progress: (fraction) => told.push(fraction),
      saveArtifact: async ({ bytes, contentType, width }) => {
        sizes.push(width);
        return { id: 'a', key: 'k', contentType, bytes: bytes.length, sha256: '' };
      },
    },
  );
  t.like(result, { width: 64, height: 64 });
  t.deepEqual(sizes, [64]);
  t.deepEqual([told[0], told.at(-1)], [0, 1]);
});
