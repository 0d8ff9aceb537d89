import { tokenResponseSchema, type TokenResponse } from '@backend2/contracts';

export interface Tokens {
  readonly accessToken: string;
  /** Absent for a token that was handed in and cannot be renewed. */
  readonly refreshToken?: string;
  /** Epoch milliseconds by this machine's clock. */
  readonly expiresAt?: number;
}

export interface SessionOptions {
  readonly tokens?: Tokens;
  /** Called whenever they change, and with undefined when the session ended: where to keep them is the caller's choice. */
  readonly onTokens?: (tokens: Tokens | undefined) => void;
}

/** Renewed this long before they run out, so that no request meets the end. */
const renewEarlyMs = 60_000;

/** Holds the tokens, and renews them once however many requests want it. */
export class Session {
  #tokens: Tokens | undefined;
  #renewal: Promise<void> | undefined;
  readonly #onTokens: (tokens: Tokens | undefined) => void;

  constructor(options: SessionOptions) {
    this.#tokens = options.tokens;
    this.#onTokens = options.onTokens ?? (() => undefined);
  }

  get tokens(): Tokens | undefined {
    return this.#tokens;
  }

  set(tokens: Tokens | undefined): void {
    this.#tokens = tokens;
    this.#onTokens(tokens);
  }

  accept(answer: TokenResponse): void {
    this.set(tokensOf(answer));
  }

  /** Whether the access token is about to run out and could be renewed. */
  get stale(): boolean {
    const { refreshToken, expiresAt } = this.#tokens ?? {};
    return refreshToken !== undefined && expiresAt !== undefined && Date.now() > expiresAt - renewEarlyMs;
  }

  /** Concurrent callers share one renewal: a refresh token works once. */
  async renew(exchange: (refreshToken: string) => Promise<TokenResponse>): Promise<boolean> {
    const refreshToken = this.#tokens?.refreshToken;
    if (refreshToken === undefined) return false;
    this.#renewal ??= exchange(refreshToken)
      .then((answer) => this.accept(answer))
      .finally(() => (this.#renewal = undefined));
    await this.#renewal;
    return true;
  }
}

const tokensOf = (answer: TokenResponse): Tokens => {
  const { access_token, refresh_token, expires_in } = tokenResponseSchema.parse(answer);
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    expiresAt: Date.now() + expires_in * 1000,
  };
};
