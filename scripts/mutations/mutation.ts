/** One mechanism of the stream engine taken out, and the test that has to notice. Paths are relative to packages/streams. */
export interface Mutation {
  /** What does not hold any more. */
  readonly breaks: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly test: {
    readonly file: string;
    /** As ava's `--match` takes it: `*` stands for anything. It fits one test of the file. */
    readonly title: string;
  };
}

/** @throws where the text to take out is not there exactly once: the code has moved on and the list has not. */
export function mutated(source: string, { breaks, file, find, replace }: Mutation): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(
      `"${breaks}" replaces a text that ${file} has ${parts.length - 1} times, and not once:\n${find}`,
    );
  }
  return parts.join(replace);
}
