import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { buildDashboard } from '../build-dashboard.ts';

/** Asks for a compile cache as Vite does, and writes down where it is. */
const builder = `
const { writeFileSync } = require('node:fs');
const { directory } = require('node:module').enableCompileCache();
writeFileSync(process.argv[3] + '/said', String(directory));
`;

test('building the page leaves nothing outside the checkout', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'backend2-page-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const dashboard = join(root, 'packages/dashboard');
  const bin = join(dashboard, 'node_modules/vite/bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'vite.js'), builder);
  await buildDashboard(root, () => undefined);
  t.is(readFileSync(join(dashboard, 'said'), 'utf8'), 'undefined');
});
