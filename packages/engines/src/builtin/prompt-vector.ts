import { FINISH_WORDS } from './style-words.ts';
import { weightedWordsOf, type WeightedWord } from './words.ts';
import { gaussian, hashText, mix, randomFrom } from './random.ts';

const DIMENSIONS = 24;

const FILLER = new Set(
  'a an the of in on at by to and or with for from is are as its it this that very over under'.split(' '),
);
const FILLER_WEIGHT = 0.12;
/** Words of style change how the picture is drawn and should hardly change what is drawn. */
const STYLE_WEIGHT = 0.25;
const NEGATIVE_WEIGHT = 0.5;
const SEED_WEIGHT = 0.55;

function weightOf(word: string): number {
  if (FILLER.has(word)) return FILLER_WEIGHT;
  return Object.hasOwn(FINISH_WORDS, word) ? STYLE_WEIGHT : 1;
}

function addWords(sum: Float64Array, words: readonly WeightedWord[], sign: number): void {
  for (const { word, weight: emphasis } of words) {
    const random = randomFrom(hashText(word));
    const weight = sign * emphasis * weightOf(word);
    for (let i = 0; i < DIMENSIONS; i++) sum[i]! += weight * gaussian(random);
  }
}

function normalised(vector: Float64Array): Float64Array {
  let square = 0;
  for (const value of vector) square += value * value;
  const length = Math.sqrt(square);
  return length > 0 ? vector.map((value) => value / length) : vector;
}

/**
 * What the words alone say, of length 1: prompts that share most of their words point the same way.
 * The negative prompt's words push away from theirs.
 */
export function meaningOf(prompt: string, negativePrompt: string): Float64Array {
  const sum = new Float64Array(DIMENSIONS);
  addWords(sum, weightedWordsOf(prompt), 1);
  addWords(sum, weightedWordsOf(negativePrompt), -NEGATIVE_WEIGHT);
  return normalised(sum);
}

/** The meaning moved by the seed: one prompt's seeds are siblings. */
export function promptVector(meaning: Float64Array, seed: number): Float64Array {
  const random = randomFrom(mix(seed ^ 0x5eed5eed));
  const drift = normalised(Float64Array.from({ length: DIMENSIONS }, () => gaussian(random)));
  return normalised(meaning.map((value, i) => value + SEED_WEIGHT * drift[i]!));
}

/** A fixed random projection of the vector: `count` numbers of about unit deviation that move smoothly with it. */
export function project(vector: Float64Array, count: number, salt: string): Float64Array {
  const random = randomFrom(hashText(salt));
  return Float64Array.from({ length: count }, () => {
    let sum = 0;
    for (let i = 0; i < DIMENSIONS; i++) sum += vector[i]! * gaussian(random);
    return sum;
  });
}
