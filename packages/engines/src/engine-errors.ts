/** The engine will never accept this request: a retry is pointless. */
export class EngineRejectedError extends Error {
  override readonly name = 'EngineRejectedError';
  readonly permanent = true;
}

/** The engine could not do it now: overloaded, unreachable, restarting. A retry may succeed. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
  readonly permanent = false;
  /** How long the engine asked to be left alone, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly retryAfterMs?: number }) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}
