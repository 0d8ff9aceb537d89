/**
 * Gives back the memory that loading and starting left behind, where Node was started with `--expose-gc`:
 * docs/adr/0191-what-a-start-leaves-behind.md
 */
export const leaveStartBehind = async (): Promise<void> => {
  await globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' });
};
