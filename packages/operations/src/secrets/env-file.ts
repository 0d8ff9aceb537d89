import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { OperatorError } from '../operator-error.ts';

/** A file of `NAME=value` lines whose other lines, comments and order stay as they are. */
export interface EnvFile {
  get(name: string): string | undefined;
  /** Undefined takes the line out. */
  set(name: string, value: string | undefined): void;
  save(): void;
}

const lineOf = (name: string) => new RegExp(`^(?:export\\s+)?${name}=(.*)$`);
const unquoted = (value: string): string => value.trim().replace(/^(['"])(.*)\1$/, '$2');

export const openEnvFile = (path: string): EnvFile => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OperatorError(`${path} cannot be read: name the file of secrets with --env-file.`, { cause });
  }
  let lines = text.replace(/\n$/, '').split('\n');
  return {
    get: (name) => {
      const found = lines.map((line) => lineOf(name).exec(line)).findLast((match) => match !== null);
      return found ? unquoted(found[1] ?? '') : undefined;
    },
    set: (name, value) => {
      const at = lines.findLastIndex((line) => lineOf(name).test(line));
      if (value === undefined) lines = lines.filter((line) => !lineOf(name).test(line));
      else if (at === -1) lines.push(`${name}=${value}`);
      else lines[at] = `${name}=${value}`;
    },
    save: () => {
      const draft = `${path}.partial`;
      writeFileSync(draft, `${lines.join('\n')}\n`, { mode: statSync(path).mode & 0o777 });
      renameSync(draft, path);
    },
  };
};
