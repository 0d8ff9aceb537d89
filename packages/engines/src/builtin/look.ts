import { project } from './prompt-vector.ts';
import { cosineOfTurns } from './sine.ts';
import { FINISH_WORDS, TRAIT_WORDS, type Finish, type Trait } from './style-words.ts';
import { wordsOf } from './words.ts';

/** How the field is drawn: which finish, how busy, how ordered in space. */
export interface Look {
  readonly finish: Finish;
  /** Above 1 is busier. */
  readonly frequency: number;
  /** 0 to 1: how far the left half mirrors the right. */
  readonly symmetry: number;
  /** 0 to 1: how far the picture turns about its middle. */
  readonly radial: number;
  /** Mirror lines through the middle, as in a kaleidoscope; 0 for none. */
  readonly petals: number;
  /** 0 to 1: how far the middle is wound up. */
  readonly swirl: number;
  /** -1 upright streaks, 0 even, 1 level layers. */
  readonly layers: number;
  /** Turns per unit of the fine folds. */
  readonly folds: number;
  /** 0 to 1: how much of the middle is lifted out of the surroundings. */
  readonly spotlight: number;
}

function finishOf(words: readonly string[], unwanted: ReadonlySet<string>): Finish {
  for (const word of words) {
    const finish = Object.hasOwn(FINISH_WORDS, word) ? FINISH_WORDS[word] : undefined;
    if (finish !== undefined && !unwanted.has(word)) return finish;
  }
  return 'silk';
}

/** `vector` decides what the words leave open. */
export function lookOf(prompt: string, negativePrompt: string, vector: Float64Array): Look {
  const words = wordsOf(prompt);
  const unwanted = new Set(wordsOf(negativePrompt));
  const traits = new Set<Trait>();
  for (const word of words) {
    if (!unwanted.has(word) && Object.hasOwn(TRAIT_WORDS, word)) {
      for (const trait of TRAIT_WORDS[word]!) traits.add(trait);
    }
  }
  const [busy = 0, fold = 0, lean = 0, spot = 0, turn = 0] = project(vector, 5, 'look');
  const pace = traits.has('busy') || traits.has('petals') ? 1.45 : traits.has('calm') ? 0.65 : 1;
  const level = traits.has('level') ? 1 : 0;
  const upright = traits.has('upright') ? 1 : 0;
  const gentle = (value: number) => 0.5 - 0.5 * cosineOfTurns(Math.min(0.5, Math.max(0, value)));
  return {
    finish: finishOf(words, unwanted),
    frequency: pace * (1 + 0.18 * busy),
    symmetry: traits.has('symmetry') ? 1 : 0,
    radial: traits.has('radial') ? 0.85 : gentle(turn * 0.25 - 0.2) * 0.6,
    petals: traits.has('petals') ? 5 + (Math.round(Math.abs(turn) * 3) % 4) : 0,
    swirl: traits.has('swirl') ? 0.42 : 0,
    layers: level - upright || Math.max(-0.5, Math.min(0.5, lean * 0.3)),
    folds: pace * Math.max(0.9, 2.1 + 0.8 * fold),
    spotlight: traits.has('spotlight') ? 1 : gentle(spot * 0.25) * 0.4,
  };
}
