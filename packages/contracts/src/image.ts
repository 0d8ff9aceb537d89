import { z } from 'zod';
import { jsonSchema } from './json.ts';

export const promptTypes = ['freetext', 'character', 'element'] as const;

export const promptSchema = z.strictObject({
  type: z.enum(promptTypes).default('freetext'),
  value: z.string().min(1).max(4000),
  /** Emphasis; 1 is neutral. */
  weight: z.number().min(-10).max(10).default(1),
});
export type Prompt = z.infer<typeof promptSchema>;

export const maxSeed = 2 ** 32 - 1;

/** Width to height, 8:1 at the most either way. */
export const ratioSchema = z
  .string()
  .regex(/^[1-9]\d{0,3}:[1-9]\d{0,3}$/, 'must be two whole numbers with a colon, as in "16:9"')
  .refine((ratio) => {
    const [width = 1, height = 1] = ratio.split(':').map(Number);
    return Math.max(width / height, height / width) <= 8;
  }, 'must lie between 1:8 and 8:1');

export const imageInputSchema = z.strictObject({
  prompts: z.array(promptSchema).min(1).max(64),
  negativePrompt: z.string().max(4000).optional(),
  ratio: ratioSchema.default('1:1'),
  seed: z.int().min(0).max(maxSeed).optional(),
  polish: z.boolean().default(false),
  engineOptions: z.record(z.string(), jsonSchema).optional(),
});
export type ImageInput = z.infer<typeof imageInputSchema>;

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** The multiples of 8 nearest to `ratio` at 1024 * 1024 pixels. */
export const sizeOfRatio = (ratio: string): ImageSize => {
  const [across = 1, down = 1] = ratio.split(':').map(Number);
  const nearest = (side: number): number => Math.round(side / 8) * 8;
  return {
    width: nearest(1024 * Math.sqrt(across / down)),
    height: nearest(1024 * Math.sqrt(down / across)),
  };
};
