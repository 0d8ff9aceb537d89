import { defineHandler } from '@backend2/worker-runtime';
import { z } from 'zod';

/** Does nothing; where it is told to hold, until it is stopped. */
export default defineHandler({
  kind: 'bench.noop',
  input: z.strictObject({ n: z.unknown(), hold: z.boolean().default(false) }),
  async run({ hold }, { signal }) {
    if (hold)
      await new Promise((_resolve, reject) => signal.addEventListener('abort', reject, { once: true }));
    return null;
  },
});
