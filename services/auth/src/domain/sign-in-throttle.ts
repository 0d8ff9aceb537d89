/** Who tries: an account by the name that was given, existing or not, and the address it came from. */
export interface SignInTry {
  readonly account: string;
  readonly address: string;
}

/** Slows guessing down without letting a stranger lock the owner out. */
export interface SignInThrottle {
  /** Counts the try before its password is looked at, so that many at once cannot slip through. Answers how long to wait, in milliseconds; 0 is go ahead. */
  admit(attempt: SignInTry): Promise<number>;
  /** Takes the try back and remembers the address as one the owner signs in from. */
  succeeded(attempt: SignInTry): Promise<void>;
}
