/** One person's Ctrl-C reaches a process up to three times: from the terminal, from npm and from the bootstrap. */
const sameRequestMs = 750;

export interface StopRequest {
  /** Aborted by the first request; its reason is the name of the signal. */
  readonly first: AbortSignal;
  /** Aborted when asked again. */
  readonly again: AbortSignal;
}

/** Listens for SIGINT, SIGTERM, SIGHUP and the end of the process that started this one through the bootstrap. */
export function stopRequest(): StopRequest {
  const first = new AbortController();
  const again = new AbortController();
  let askedAt = 0;
  const ask = (reason: string) => {
    const now = Date.now();
    if (!first.signal.aborted) {
      askedAt = now;
      first.abort(reason);
    } else if (now - askedAt > sameRequestMs) again.abort(reason);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ask(signal));
  if (process.send !== undefined) {
    process.on('disconnect', () => ask('disconnect'));
    process.channel?.unref();
  }
  return { first: first.signal, again: again.signal };
}
