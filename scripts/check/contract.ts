import { isDeepStrictEqual } from 'node:util';
import { contractChanges } from '../openapi/contract-changes.ts';
import { acceptedPath, readAccepted, servedDocument } from '../openapi/served-document.ts';
import type { Step } from './step.ts';

/** The API that is served is the one accepted in `docs/openapi.json`, and breaks no client of it. */
export const contract: Step = {
  name: 'contract',
  run: async (root) => {
    const accepted = readAccepted(root);
    const served = await servedDocument(root);
    const { breaking, added } = contractChanges(accepted, served);
    if (breaking.length > 0) {
      return {
        problems: [
          `The API breaks clients of ${acceptedPath}:`,
          ...breaking.map((change) => `  ${change}`),
          'Keep what was promised. Where a break is meant, accept it with: npm run openapi -- --breaking',
        ],
      };
    }
    if (isDeepStrictEqual(accepted, served)) {
      return { problems: [], note: `${Object.keys(served.paths).length} paths` };
    }
    return {
      problems: [
        `The API has changed, compatibly, and ${acceptedPath} does not say so yet. Run: npm run openapi`,
        ...added.map((operation) => `  new: ${operation}`),
      ],
    };
  },
};
