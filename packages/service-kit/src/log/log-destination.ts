/** One event, its secrets hidden already. */
export interface LogEntry {
  readonly record: Readonly<Record<string, unknown>>;
  /** The record as one line of JSON, made once however many want it. */
  readonly line: string;
}

/** Where events go. `write` neither waits nor throws. */
export interface LogDestination {
  write(entry: LogEntry): void;
  /** Hands on what is still held back; bounded. */
  close(): Promise<void>;
}

export const logEntry = (record: Readonly<Record<string, unknown>>): LogEntry => {
  let line: string | undefined;
  return {
    record,
    get line() {
      return (line ??= JSON.stringify(record));
    },
  };
};
