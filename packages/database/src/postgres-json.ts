/** What `jsonb` refuses though JSON allows it: NUL characters and halves of surrogate pairs. */
const refused = /\\u(?:0000|d[89a-f])/i;

const storable = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\uFFFD') : value;

/** JSON text that `jsonb` takes; what it cannot hold becomes U+FFFD, so that one odd string never blocks a batch. */
export const postgresJson = (value: unknown): string => {
  const json = JSON.stringify(value);
  return refused.test(json) ? JSON.stringify(value, storable) : json;
};
