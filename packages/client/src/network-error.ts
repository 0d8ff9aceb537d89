/** No answer came: the server is not there, or the connection broke. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';

  constructor(url: string, cause: unknown) {
    super(`No answer from ${originOf(url)}: ${reasonOf(cause)}`, { cause });
  }
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : 'the server');

/** `fetch` hides the reason (ECONNREFUSED, say) one level down. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
};
