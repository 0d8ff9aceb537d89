/** Runs `work` in turn, in the order it was asked for: what takes much memory is not to be done twice at once. */
export const oneAtATime = <A extends unknown[], R>(
  work: (...args: A) => Promise<R>,
): ((...args: A) => Promise<R>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const turn = last.then(() => work(...args));
    last = turn.catch(() => undefined);
    return turn;
  };
};
