import { EngineRejectedError } from './engine-errors.ts';
import type { ImageRequest } from './image-engine.ts';

const SMALLEST_SIDE = 64;
const LARGEST_SIDE = 4096;
const LARGEST_SEED = 2 ** 32 - 1;
const LONGEST_PROMPT = 20_000;

/** Throws one `EngineRejectedError` that names everything wrong with the request. */
export function checkImageRequest(request: ImageRequest): void {
  const wrong: string[] = [];
  for (const side of ['width', 'height'] as const) {
    const pixels = request[side];
    if (!Number.isInteger(pixels) || pixels < SMALLEST_SIDE || pixels > LARGEST_SIDE) {
      wrong.push(
        `${side} must be a whole number of pixels from ${SMALLEST_SIDE} to ${LARGEST_SIDE}, not ${pixels}`,
      );
    }
  }
  if (!Number.isInteger(request.seed) || request.seed < 0 || request.seed > LARGEST_SEED) {
    wrong.push(`seed must be a whole number from 0 to ${LARGEST_SEED}, not ${request.seed}`);
  }
  if (request.prompt.trim() === '') wrong.push('prompt must not be empty');
  if (request.prompt.length > LONGEST_PROMPT) {
    wrong.push(`prompt must be at most ${LONGEST_PROMPT} characters long, not ${request.prompt.length}`);
  }
  if (wrong.length > 0) throw new EngineRejectedError(`${wrong.join('; ')}.`);
}
