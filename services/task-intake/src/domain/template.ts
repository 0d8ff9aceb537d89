import type { Issue, Json } from '@backend2/contracts';

/** `{{name}}`; a backslash before it keeps it as it stands. */
const placeholder = /\\\{\{|\{\{\s*([^{}]*?)\s*\}\}/g;
const wholly = /^\{\{\s*([A-Za-z_]\w*)\s*\}\}$/;
const nameForm = /^[A-Za-z_]\w*$/;

const asText = (value: Json): string =>
  typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

type Values = Readonly<Record<string, Json>>;
type Render = (values: Values) => Json;

const compileText = (text: string): ((values: Values) => string) | undefined => {
  const parts: (string | { name: string })[] = [];
  let end = 0;
  for (const match of text.matchAll(placeholder)) {
    parts.push(text.slice(end, match.index));
    parts.push(match[1] === undefined ? '{{' : { name: match[1] });
    end = match.index + match[0].length;
  }
  if (parts.length === 0) return undefined;
  parts.push(text.slice(end));
  return (values) =>
    parts.map((part) => (typeof part === 'string' ? part : asText(values[part.name] ?? null))).join('');
};

const compile = (input: Json): Render | undefined => {
  if (typeof input === 'string') {
    const name = wholly.exec(input)?.[1];
    if (name !== undefined) return (values) => values[name] ?? null;
    return compileText(input);
  }
  if (Array.isArray(input)) {
    const items = input.map((item) => compile(item) ?? item);
    if (!items.some((item) => typeof item === 'function')) return undefined;
    return (values) => items.map((item) => (typeof item === 'function' ? item(values) : item));
  }
  if (typeof input === 'object' && input !== null) {
    const entries = Object.entries(input).map(([key, value]) => ({
      key: compileText(key) ?? key,
      value: compile(value) ?? value,
    }));
    if (!entries.some(({ key, value }) => typeof key === 'function' || typeof value === 'function'))
      return undefined;
    return (values) =>
      Object.fromEntries(
        entries.map(({ key, value }) => [
          typeof key === 'function' ? key(values) : key,
          typeof value === 'function' ? value(values) : value,
        ]),
      );
  }
  return undefined;
};

/**
 * An input with placeholders, ready to be filled in for many cells. A string that is wholly `{{name}}`
 * takes the value with its type; one that contains it takes its text. Parts without placeholders are
 * shared between results: do not change them.
 */
export const compileTemplate = (input: Json): Render => compile(input) ?? (() => input);

/** One use of a placeholder. */
export interface PlaceholderUse {
  readonly name: string;
  /** JSON Pointer of the string it stands in. */
  readonly path: string;
}

/** Every placeholder of the input, in document order; malformed ones become issues. */
export const placeholdersOf = (input: Json, issues: Issue[], path = '/input'): PlaceholderUse[] => {
  if (typeof input === 'string') {
    return [...input.matchAll(placeholder)].flatMap((match) => {
      const name = match[1];
      if (name === undefined) return [];
      if (nameForm.test(name)) return [{ name, path }];
      issues.push({
        path,
        message: `"${match[0]}" is not a placeholder: a variable's name is letters, digits and underscores (write \\{{ for braces that stay)`,
      });
      return [];
    });
  }
  if (Array.isArray(input))
    return input.flatMap((item, index) => placeholdersOf(item, issues, `${path}/${index}`));
  if (typeof input === 'object' && input !== null) {
    return Object.entries(input).flatMap(([key, value]) => {
      const inner = `${path}/${escapePointer(key)}`;
      return [...placeholdersOf(key, issues, inner), ...placeholdersOf(value, issues, inner)];
    });
  }
  return [];
};

/** Objects of the input with a key that holds a placeholder, with their paths. */
export const keyedObjectsOf = (input: Json, path = '/input'): { path: string; keys: string[] }[] => {
  if (Array.isArray(input)) return input.flatMap((item, index) => keyedObjectsOf(item, `${path}/${index}`));
  if (typeof input !== 'object' || input === null) return [];
  const keys = Object.keys(input);
  const own = keys.some((key) => compileText(key) !== undefined) ? [{ path, keys }] : [];
  return [
    ...own,
    ...Object.entries(input).flatMap(([key, value]) =>
      keyedObjectsOf(value, `${path}/${escapePointer(key)}`),
    ),
  ];
};

/** A key with its placeholders filled in. */
export const renderKey = (key: string, values: Values): string => compileText(key)?.(values) ?? key;
