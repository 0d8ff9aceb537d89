const form = /^\d{1,16}-\d{1,16}$/;

/** Whether a `Last-Event-ID` is the id of a stream entry. */
export const isEntryId = (text: string): boolean => form.test(text);

export const isAfter = (a: string, b: string): boolean => {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs > bMs || (aMs === bMs && aSeq > bSeq);
};
