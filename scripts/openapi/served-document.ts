import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenApiDocument } from './document.ts';

/** Where the last accepted document is kept. */
export const acceptedPath = 'docs/openapi.json';

export const readAccepted = (root: string): OpenApiDocument =>
  JSON.parse(readFileSync(join(root, acceptedPath), 'utf8')) as OpenApiDocument;

/** The document of the routes as this tree serves them. */
export const servedDocument = async (root: string): Promise<OpenApiDocument> => {
  const file = join(root, 'services/gateway/src/openapi/print-document.ts');
  const child = spawn(process.execPath, ['--conditions=@backend2/source', file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let document = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (document += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`The API's document cannot be made:\n${complaint.trim()}`);
  return JSON.parse(document) as OpenApiDocument;
};
