/** An entry as a reader hands it over. */
export interface Delivered {
  readonly entryId: string;
  readonly head: string;
  readonly payload: string;
  /** How often it was handed to a consumer, this time included. */
  readonly delivery: number;
}

type ReadReply = [key: string, entries: [id: string, fields: string[] | null][]][] | null;

/** Of `XREADGROUP … >`; an entry deleted in between comes without fields and is left out. */
export const fromRead = (reply: ReadReply): Delivered[] => {
  const entries = reply?.[0]?.[1];
  if (!entries) return [];
  const delivered: Delivered[] = [];
  for (const [entryId, fields] of entries) {
    if (fields) delivered.push({ entryId, head: fields[1] ?? '', payload: fields[3] ?? '', delivery: 1 });
  }
  return delivered;
};

type RawReadReply = [key: Buffer, entries: [id: Buffer, fields: Buffer[] | null][]][] | null;

/** The same of a reply left in bytes: names of fields are never made into strings, nor lists into other lists. */
export const fromRawRead = (reply: RawReadReply): Delivered[] => {
  const entries = reply?.[0]?.[1];
  if (!entries) return [];
  const delivered: Delivered[] = [];
  for (let at = 0; at < entries.length; at++) {
    const [id, fields] = entries[at]!;
    if (!fields) continue;
    delivered.push({
      entryId: id.toString('latin1'),
      head: fields[1]?.toString() ?? '',
      payload: fields[3]?.toString() ?? '',
      delivery: 1,
    });
  }
  return delivered;
};

/** Of the scripts that claim: `id, delivery, head, payload, …`. */
export const fromClaim = (flat: readonly (string | number)[]): Delivered[] => {
  const delivered: Delivered[] = [];
  for (let at = 0; at + 3 < flat.length; at += 4) {
    delivered.push({
      entryId: String(flat[at]),
      delivery: Number(flat[at + 1]),
      head: String(flat[at + 2]),
      payload: String(flat[at + 3]),
    });
  }
  return delivered;
};
