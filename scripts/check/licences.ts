import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './step.ts';

/** Licences that ask for no more than to be named. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
]);

/** Looked at by a person, each with why it may be used. */
const exceptions: readonly { readonly name: RegExp; readonly why: string }[] = [
  {
    name: /^@img\/sharp-libvips-/,
    why: 'LGPL-3.0: linked dynamically and unchanged, exchangeable by its user',
  },
  {
    name: /^lightningcss(-|$)/,
    why: 'MPL-2.0, unchanged: a build tool of the dashboard, nothing of it ships',
  },
  { name: /^exeunt$/, why: 'MPL-2.0, unchanged: ends the test runner, nothing of it ships' },
  { name: /^dejavu-fonts-ttf$/, why: "Bitstream Vera's licence: free to embed and pass on" },
  {
    name: /^sentry$/,
    why: 'FSL-1.1: no longer installed, and may linger in a node_modules that was; never run',
  },
  {
    name: /^(humanize-number|only)$/,
    why: 'MIT, which only their readmes say: parts of the S3 server of the tests, nothing of them ships',
  },
];

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

interface PackageFile {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string | { readonly type?: string };
  readonly licenses?: readonly { readonly type?: string }[];
}

const licenceOf = ({ license, licenses }: PackageFile): string => {
  if (typeof license === 'string') return license;
  return license?.type ?? licenses?.map(({ type }) => type ?? '').join(' OR ') ?? '';
};

const foldersOf = (root: string): string[] =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      name.startsWith('@') ? readdirSync(join(root, name)).map((inner) => join(name, inner)) : [name],
    )
    .map((name) => join(root, name));

/** Every package that pnpm has put into the workspace, by name. */
export const installedPackages = (root: string): InstalledPackage[] => {
  const store = join(root, 'node_modules/.pnpm');
  const found = new Map<string, InstalledPackage>();
  for (const entry of readdirSync(store, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.includes('@')) continue;
    for (const folder of foldersOf(join(store, entry.name, 'node_modules'))) {
      const file = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFile;
      const { name = folder, version = '' } = file;
      found.set(`${name}@${version}`, { name, version, licence: licenceOf(file) });
    }
  }
  return [...found.values()].toSorted((a, b) => a.name.localeCompare(b.name));
};

/** Of `A OR B` one must be allowed, of `A AND B` both. */
const isAllowed = (expression: string): boolean =>
  expression
    .replaceAll(/[()]/g, '')
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((licence) => allowed.has(licence.trim())));

export const licences: Step = {
  name: 'licences',
  run: async (root) => {
    const packages = installedPackages(root);
    const problems = packages
      .filter(
        ({ name, licence }) =>
          !isAllowed(licence) && !exceptions.some((exception) => exception.name.test(name)),
      )
      .map(
        ({ name, version, licence }) =>
          `${name} ${version} is under ${licence || 'no licence that it names'}: leave it out, or say in scripts/check/licences.ts why it may be used`,
      );
    return { problems, note: `${packages.length} packages` };
  },
};
