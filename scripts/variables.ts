import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  languages,
  nameOf,
  readRows,
  rowsOf,
  withRows,
  type Language,
} from './configuration/variables-table.ts';

// Writes the table of variables into the deployment guides. What a variable means in Chinese is kept from what stands
// there; a new one gets the English words, which a test complains of until they are translated.
const guides: Readonly<Record<Language, string>> = {
  en: 'docs/deployment.md',
  zh: 'docs/deployment.zh-CN.md',
};
const english = new Map(rowsOf('en', () => undefined).map((row) => [nameOf(row), row.meaning]));
for (const language of languages) {
  const file = fileURLToPath(new URL(`../${guides[language]}`, import.meta.url));
  const text = readFileSync(file, 'utf8');
  const kept = new Map(readRows(text).map((row) => [nameOf(row), row.meaning]));
  const rows = rowsOf(language, (name) => kept.get(name) ?? english.get(name));
  writeFileSync(file, withRows(text, language, rows));
}
