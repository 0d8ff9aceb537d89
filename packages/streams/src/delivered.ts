import { splitEntryText } from './envelope.ts';

/** An entry as a reader hands it over. */
export interface Delivered {
  readonly entryId: string;
  readonly head: string;
  readonly payload: string;
  /** How often it was handed to a consumer, this time included. */
  readonly delivery: number;
}

/** Whether it is an entry's last delivery after one that was lost: it may be what kills its consumers, and runs by itself. */
export const isSuspect = ({ delivery }: Delivered, maxDeliveries: number): boolean =>
  delivery > 1 && delivery === maxDeliveries;

type ReadReply = [key: string, entries: [id: string, fields: string[] | null][]][] | null;

/** Of `XREADGROUP … >`; an entry deleted in between comes without fields and is left out. */
export const fromRead = (reply: ReadReply): Delivered[] => {
  const entries = reply?.[0]?.[1];
  if (!entries) return [];
  const delivered: Delivered[] = [];
  for (const [entryId, fields] of entries) {
    if (fields) delivered.push({ entryId, ...splitEntryText(fields[1] ?? ''), delivery: 1 });
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
    const { head, payload } = splitEntryText(fields[1]?.toString() ?? '');
    delivered.push({ entryId: id.toString('latin1'), head, payload, delivery: 1 });
  }
  return delivered;
};

/** Of the scripts that claim: `id, delivery, text, …`. */
export const fromClaim = (flat: readonly (string | number)[]): Delivered[] => {
  const delivered: Delivered[] = [];
  for (let at = 0; at + 2 < flat.length; at += 3) {
    delivered.push({
      entryId: String(flat[at]),
      delivery: Number(flat[at + 1]),
      ...splitEntryText(String(flat[at + 2])),
    });
  }
  return delivered;
};
