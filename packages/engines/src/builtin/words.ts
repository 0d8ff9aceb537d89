/** The prompt's words in order, lower case, plural and singular made one. */
export function wordsOf(text: string): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) =>
      word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word,
    );
}

export interface WeightedWord {
  readonly word: string;
  readonly weight: number;
}

const EMPHASIS = /\(([^()]*):(\d+(?:\.\d+)?)\)/g;
const HEAVIEST = 10;

/** The words with their emphasis: `(words:1.3)` weighs each of them 1.3, everything else 1. */
export function weightedWordsOf(text: string): WeightedWord[] {
  const found: WeightedWord[] = [];
  const add = (part: string, weight: number) => {
    for (const word of wordsOf(part)) found.push({ word, weight });
  };
  let from = 0;
  for (const match of text.matchAll(EMPHASIS)) {
    const [whole, inner = '', weight = '1'] = match;
    add(text.slice(from, match.index), 1);
    add(inner, Math.min(HEAVIEST, Number(weight)));
    from = match.index + whole.length;
  }
  add(text.slice(from), 1);
  return found;
}
