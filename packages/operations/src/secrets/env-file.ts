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
const valueOf = (text: string): string => {
  const [, single, double] = /^\s*(?:'([^']*)'|"([^"]*)")\s*(?:#.*)?$/.exec(text) ?? [];
  return single ?? double ?? text.replace(/\s#.*$/, '').trim();
};

/** As Compose and a shell read it back: neither takes anything in single quotes for more than it is. */
const written = (name: string, value: string): string => {
  if (!/[\s#$"'`\\]/.test(value)) return value;
  if (value.includes("'") || value.includes('\n'))
    throw new OperatorError(
      `The new value of ${name} cannot be written: it holds a single quote or a line break.`,
    );
  return `'${value}'`;
};

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
      return found ? valueOf(found[1] ?? '') : undefined;
    },
    set: (name, value) => {
      const at = lines.findLastIndex((line) => lineOf(name).test(line));
      if (value === undefined) lines = lines.filter((line) => !lineOf(name).test(line));
      else if (at === -1) lines.push(`${name}=${written(name, value)}`);
      else lines[at] = `${name}=${written(name, value)}`;
    },
    save: () => {
      const draft = `${path}.partial`;
      writeFileSync(draft, `${lines.join('\n')}\n`, { mode: statSync(path).mode & 0o777 });
      renameSync(draft, path);
    },
  };
};
