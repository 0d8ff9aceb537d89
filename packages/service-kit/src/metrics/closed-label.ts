/** Keeps a label's value to a closed set: whatever comes after `limit` distinct values, or does not look like a name, counts as `other`. */
export const closedLabel = (limit = 100): ((value: string) => string) => {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= limit || !/^[\w.:-]{1,64}$/.test(value)) return 'other';
    known.add(value);
    return value;
  };
};
