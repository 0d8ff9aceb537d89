import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from './check/tool.ts';
import { contractChanges } from './openapi/contract-changes.ts';
import { acceptedPath, readAccepted, servedDocument } from './openapi/served-document.ts';

// Writes docs/openapi.json anew from the routes that are served: `npm run openapi`. A change that breaks clients of
// the document as it was is refused unless `--breaking` says that it is meant.

const root = fileURLToPath(new URL('..', import.meta.url));
const served = await servedDocument(root);
const file = join(root, acceptedPath);
const { breaking, added } = existsSync(file)
  ? contractChanges(readAccepted(root), served)
  : { breaking: [], added: [] };

for (const change of breaking) console.log(`breaking: ${change}`);
for (const operation of added) console.log(`new: ${operation}`);
if (breaking.length > 0 && !process.argv.includes('--breaking')) {
  console.error(
    `${acceptedPath} was not written: clients would break. Run with -- --breaking if that is meant.`,
  );
  process.exitCode = 1;
} else {
  writeFileSync(file, `${JSON.stringify(served, null, 2)}\n`);
  const { code, output } = await runTool(root, 'oxfmt', [acceptedPath]);
  if (code !== 0) throw new Error(output);
  console.log(`${acceptedPath} tells of the API as it is served.`);
}
