import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { oneVersion } from '../check/one-version.ts';
import type { Step } from '../check/step.ts';
import { deadCode, lint } from '../check/tool-steps.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const manifest = (parts: object = {}) => JSON.stringify({ name: 'one', type: 'module', ...parts });

/** A small workspace without a mistake, under this one's own settings. */
const sound: Record<string, string> = {
  'package.json': manifest({ name: 'planted', private: true }),
  'pnpm-workspace.yaml': 'packages:\n  - services/*\n  - packages/*\n',
  'tsconfig.json': JSON.stringify({ extends: './tsconfig.base.json', include: ['services/*/src'] }),
  'packages/none/package.json': manifest({ name: 'none' }),
  'services/one/package.json': manifest(),
  'services/one/src/main.ts': "import { value } from './value.ts';\nawait Promise.resolve(value);\n",
  'services/one/src/value.ts': 'export const value: number = 1;\n',
};

function plant(t: ExecutionContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'backend2-planted-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  for (const [file, text] of Object.entries({ ...sound, ...files })) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  for (const file of ['.oxlintrc.json', 'knip.json', 'tsconfig.base.json']) {
    copyFileSync(join(home, file), join(root, file));
  }
  symlinkSync(join(home, 'node_modules'), join(root, 'node_modules'));
  return root;
}

const mistakes: readonly (readonly [
  what: string,
  step: Step,
  files: Record<string, string>,
  found: RegExp[],
])[] = [
  [
    'a promise that nobody awaits and a service that asks another over HTTP',
    lint,
    {
      'services/one/src/main.ts':
        "import { value } from './value.ts';\nPromise.resolve(value);\nexport const answer = fetch('http://two/');\n",
    },
    [/no-floating-promises/, /no-restricted-globals/],
  ],
  [
    'a file and an export that nothing imports',
    deadCode,
    {
      'services/one/src/left-over.ts': 'export const leftOver = 1;\n',
      'services/one/src/value.ts': 'export const value = 1;\nexport const unused = 2;\n',
    },
    [/Unused files[\s\S]*left-over\.ts/, /Unused exports[\s\S]*unused/],
  ],
  [
    'versions of a dependency besides that of the catalog',
    oneVersion,
    { 'services/one/package.json': manifest({ dependencies: { pg: '8.11.0' } }) },
    [/services\/one\/package\.json: pg says 8\.11\.0/],
  ],
];

for (const [what, step, files, found] of mistakes) {
  test(`${what} are found by the check's step "${step.name}"`, async (t) => {
    const told = (await step.run(plant(t, files))).problems.join('\n');
    for (const each of found) t.regex(told, each);
  });
}
