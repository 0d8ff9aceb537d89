/** What `jsonb` refuses though JSON allows it: NUL characters and halves of surrogate pairs. */
const refused = /\\u(?:0000|d[89a-f])/i;

const mended = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

const storable = (_key: string, value: unknown): unknown => {
  if (typeof value === 'string') return mended(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [mended(name), inner]));
};

/** JSON text that `jsonb` takes; what it cannot hold becomes U+FFFD, so that one odd string never blocks a batch. */
export const postgresJson = (value: unknown): string => {
  const json = JSON.stringify(value);
  return refused.test(json) ? JSON.stringify(value, storable) : json;
};
