import type { Json } from '@backend2/contracts';

const looksLikeJson = /^(-?\d|"|\[|\{|true$|false$|null$)/;

/** A line's value: JSON where it reads as JSON, else the text itself. */
const parseValueLine = (line: string): Json => {
  const trimmed = line.trim();
  if (!looksLikeJson.test(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed) as Json;
  } catch {
    return trimmed;
  }
};

/** One value a line; empty lines count for nothing. */
export const parseValuesText = (text: string): Json[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseValueLine);

/** The line that `parseValueLine` reads back to that value. */
const valueLine = (value: Json): string =>
  typeof value === 'string' &&
  value !== '' &&
  value === value.trim() &&
  !value.includes('\n') &&
  parseValueLine(value) === value
    ? value
    : JSON.stringify(value);

export const valuesText = (values: readonly Json[]): string => values.map(valueLine).join('\n');
