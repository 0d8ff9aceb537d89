export const items = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** The secrets of a variable: comma separated, or a JSON array of texts. What is neither stays text, and is refused. */
export const secretsOf = (text: string): string[] | string => {
  if (!/^\s*\["/.test(text)) return items(text);
  try {
    return JSON.parse(text) as string[];
  } catch {
    return text;
  }
};

/** As a variable holds them: plain where none of them would be taken apart. */
export const secretListText = (secrets: readonly string[]): string => {
  const plain = secrets.join(',');
  const again = secretsOf(plain);
  const same = again.length === secrets.length && secrets.every((secret, n) => secret === again[n]);
  return same ? plain : JSON.stringify(secrets);
};
