/** What went wrong, for the person at the page. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something unexpected went wrong.';
