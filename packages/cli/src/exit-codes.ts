/** What scripts branch on. */
export const exitCodes = {
  done: 0,
  /** The API refused, or a watched task did not succeed whole. */
  failed: 1,
  /** The command line, or a file it names, is wrong. */
  usage: 2,
  unreachable: 3,
  notSignedIn: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
