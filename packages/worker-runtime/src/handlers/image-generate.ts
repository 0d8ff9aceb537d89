import { createHash } from 'node:crypto';
import { imageInputSchema, sizeOfRatio, type ImageInput, type Json, type Prompt } from '@backend2/contracts';
import { EngineUnavailableError, type ImageEngine, type ImageRequest } from '@backend2/engines';
import { createBreaker, type Metrics } from '@backend2/service-kit';
import { watchedEngine } from './watched-engine.ts';
import { PermanentError } from '@backend2/streams';
import type { TaskContext, TaskHandler } from './handler.ts';

const weighted = ({ value, weight }: Prompt): string =>
  Math.abs(weight) === 1 ? value : `(${value}:${Math.abs(weight)})`;

/** One text of many prompts, in their order; what weighs less than nothing is to be avoided. */
const promptTexts = (input: Pick<ImageInput, 'prompts' | 'negativePrompt'>) => {
  const wanted = input.prompts.filter(({ weight }) => weight > 0).map(weighted);
  const unwanted = input.prompts.filter(({ weight }) => weight < 0).map(weighted);
  const negative = [input.negativePrompt ?? '', ...unwanted].filter((text) => text !== '').join(', ');
  return { prompt: wanted.join(', '), ...(negative !== '' && { negativePrompt: negative }) };
};

/** The same for every attempt of a run, so that a run begun twice draws one picture. */
const seedOf = ({ taskId, ordinal, run }: TaskContext): number =>
  createHash('sha256').update(`${taskId}.${ordinal}.${run}`).digest().readUInt32BE(0);

/** `engineOptions` may name `width` and `height` in pixels instead of the ratio, and `format`; the rest is the engine's. */
const shapeOf = ({ ratio, engineOptions = {} }: ImageInput) => {
  const { width, height, format = 'png', ...options } = engineOptions;
  if (format !== 'png' && format !== 'webp')
    throw new PermanentError(`engineOptions.format must be "png" or "webp", not ${JSON.stringify(format)}.`);
  const shape: Pick<ImageRequest, 'format' | 'options'> = { format, options };
  if (width === undefined && height === undefined) return { ...sizeOfRatio(ratio), ...shape };
  if (typeof width !== 'number' || typeof height !== 'number')
    throw new PermanentError(
      'engineOptions.width and engineOptions.height must be two numbers, or both absent.',
    );
  return { width, height, ...shape };
};

/** `image.generate`: asks the lane's engine, through a breaker, and keeps what it makes. */
export const imageGenerate = (engine: ImageEngine, metrics: Metrics): TaskHandler<ImageInput> => {
  const breaker = createBreaker(`engine:${engine.name}`, watchedEngine(engine, metrics), {
    metrics,
    isExpected: (error) => !(error instanceof EngineUnavailableError),
  });
  return {
    kind: 'image.generate',
    input: imageInputSchema,
    costlyInputs: (engine.costlyOptions ?? []).map((name) => `/engineOptions/${name}`),
    check: () => engine.check(),
    close: async () => {
      breaker.close();
      await engine.close();
    },
    run: async (input, context): Promise<Json> => {
      const seed = input.seed ?? seedOf(context);
      const texts = promptTexts(input);
      if (texts.prompt === '') throw new PermanentError('At least one prompt must weigh more than 0.');
      const request = {
        ...texts,
        ...shapeOf(input),
        seed,
        polish: input.polish,
        metadata: { task: context.taskId, subtask: String(context.ordinal), run: String(context.run) },
      };
      const images = await breaker.call(request, {
        signal: context.signal,
        onProgress: context.progress,
      });
      const [first] = images;
      if (first === undefined) throw new Error(`The engine "${engine.name}" answered without a picture.`);
      for (const image of images) await context.saveArtifact(image);
      return { seed, width: first.width, height: first.height, engine: engine.name };
    },
  };
};
