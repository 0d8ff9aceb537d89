import { problemSchema, type Issue, type Problem } from '@backend2/contracts';

/** The API answered, and said no. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Stable; branch on it. `http_<status>` where the answer was not the API's own, from a proxy for example. */
  readonly code: string;
  readonly problem: Problem | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, problem: Problem | undefined, retryAfterSeconds: number | undefined) {
    super(problem ? problem.detail : `The server answered ${status} without saying why.`);
    this.status = status;
    this.code = problem?.code ?? `http_${status}`;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Every offending path of a refused request. */
  get issues(): readonly Issue[] {
    return this.problem?.errors ?? [];
  }
}

/** Reads the body of an answer that is not ok. */
export const apiErrorOf = async (response: Response): Promise<ApiError> => {
  const body: unknown = await response.json().catch(() => undefined);
  const problem = problemSchema.safeParse(body);
  return new ApiError(response.status, problem.data, retryAfterSeconds(response.headers));
};

const retryAfterSeconds = (headers: Headers): number | undefined => {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
};
