/** A schema change, forward and back, each a list of statements run in one transaction. */
export interface Migration {
  /** `NNNN-what`; recorded in the database, so never changed once released. */
  readonly name: string;
  readonly up: readonly string[];
  readonly down: readonly string[];
}
