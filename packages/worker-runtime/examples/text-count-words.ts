import { defineHandler } from '@backend2/worker-runtime';
import { z } from 'zod';

/** A kind of one's own: name this file in WORKER_HANDLERS and submit tasks of kind `text.count-words`. */
export default defineHandler({
  kind: 'text.count-words',
  input: z.strictObject({ text: z.string().min(1), least: z.int().min(1).default(1) }),
  async run({ text, least }, { signal, progress, saveArtifact }) {
    const counts = new Map<string, number>();
    const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
    for (const [done, word] of words.entries()) {
      signal.throwIfAborted();
      progress(done / words.length);
      if (word !== '') counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    const kept = [...counts]
      .filter(([, count]) => count >= least)
      .toSorted(([, one], [, other]) => other - one);
    const csv = kept.map(([word, count]) => `${word},${count}\n`).join('');
    await saveArtifact({ bytes: new TextEncoder().encode(csv), contentType: 'text/csv' });
    return { words: kept.length, most: kept[0]?.[0] ?? null };
  },
});
