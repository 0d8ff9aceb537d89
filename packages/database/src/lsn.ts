/** A position in the primary's write-ahead log as Postgres writes it, such as `16/B374D848`. */
export type Lsn = string;

const position = (lsn: Lsn): bigint => {
  const match = /^([\da-f]{1,8})\/([\da-f]{1,8})$/i.exec(lsn);
  if (!match) throw new TypeError(`"${lsn}" is not a position in a write-ahead log.`);
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`);
};

/** Whether a server that has replayed up to `replayed` shows what was written at `written`. */
export const hasReplayed = (replayed: Lsn, written: Lsn): boolean => position(replayed) >= position(written);
