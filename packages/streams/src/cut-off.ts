/** Does `act` once `graceMs` have passed since `signal` was aborted; the returned function calls it off. */
export const cutOff = (signal: AbortSignal | undefined, graceMs: number, act: () => void): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(act, graceMs);
  };
  if (signal?.aborted) begin();
  else signal?.addEventListener('abort', begin, { once: true });
  return () => {
    signal?.removeEventListener('abort', begin);
    clearTimeout(timer);
  };
};
