import { randomInt } from 'node:crypto';
import {
  imageInputSchema,
  maxSeed,
  sizeOfRatio,
  type ImageInput,
  type Json,
  type Prompt,
} from '@backend2/contracts';
import { EngineRejectedError, type ImageEngine } from '@backend2/engines';
import { createBreaker, type Metrics } from '@backend2/service-kit';
import { PermanentError } from '@backend2/streams';
import type { TaskHandler } from './handler.ts';

const weighted = ({ value, weight }: Prompt): string =>
  Math.abs(weight) === 1 ? value : `(${value}:${Math.abs(weight)})`;

/** One text of many prompts, in their order; what weighs less than nothing is to be avoided. */
export const promptTexts = (input: Pick<ImageInput, 'prompts' | 'negativePrompt'>) => {
  const wanted = input.prompts.filter(({ weight }) => weight > 0).map(weighted);
  const unwanted = input.prompts.filter(({ weight }) => weight < 0).map(weighted);
  const negative = [input.negativePrompt ?? '', ...unwanted].filter((text) => text !== '').join(', ');
  return { prompt: wanted.join(', '), ...(negative !== '' && { negativePrompt: negative }) };
};

/** `image.generate`: asks the lane's engine, through a breaker, and keeps what it makes. */
export const imageGenerate = (engine: ImageEngine, metrics: Metrics): TaskHandler<ImageInput> => {
  const breaker = createBreaker(`engine:${engine.name}`, engine.generate.bind(engine), {
    metrics,
    isExpected: (error) => error instanceof EngineRejectedError || (error as Error).name === 'AbortError',
  });
  return {
    kind: 'image.generate',
    input: imageInputSchema,
    check: () => engine.check(),
    close: async () => {
      breaker.close();
      await engine.close();
    },
    run: async (input, context): Promise<Json> => {
      const seed = input.seed ?? randomInt(maxSeed + 1);
      const { width, height } = sizeOfRatio(input.ratio);
      const request = {
        ...promptTexts(input),
        width,
        height,
        seed,
        polish: input.polish,
        ...(input.engineOptions && { options: input.engineOptions }),
        metadata: { task: context.taskId, subtask: String(context.ordinal), run: String(context.run) },
      };
      const images = await breaker.call(request, { signal: context.signal }).catch((error: unknown) => {
        throw error instanceof EngineRejectedError
          ? new PermanentError(error.message, { cause: error })
          : error;
      });
      for (const image of images) await context.saveArtifact(image);
      return { seed, width, height, engine: engine.name };
    },
  };
};
