/** Why a process cannot start, in one sentence for who can mend it, with the way out. Logged without its stack. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
