import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Mutation, mutated } from './mutation.ts';

export interface WorkCopy {
  /** The copy of packages/streams. */
  readonly folder: string;
  /** Changes one file; the returned function undoes that. */
  apply(mutation: Mutation): () => void;
  remove(): void;
}

const leftOut = new Set(['dist', '.turbo', 'coverage']);

/** The packages as they are in the work tree, uncommitted changes among them; what they depend on stays where it is. */
export function copyWorkTree(root: string): WorkCopy {
  const home = mkdtempSync(join(tmpdir(), 'backend2-mutations-'));
  cpSync(join(root, 'packages'), join(home, 'packages'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !leftOut.has(basename(path)),
  });
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
  const folder = join(home, 'packages/streams');
  return {
    folder,
    apply(mutation) {
      const path = join(folder, mutation.file);
      const source = readFileSync(path, 'utf8');
      writeFileSync(path, mutated(source, mutation));
      return () => writeFileSync(path, source);
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
