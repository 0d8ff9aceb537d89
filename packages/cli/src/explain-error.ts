import { ApiError, NetworkError } from '@backend2/client';
import { CommandError } from './command-error.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** What to say of an error, and what to end with. Undefined for one nobody expected. */
export const explainError = (error: unknown): { text: string; exitCode: ExitCode } | undefined => {
  if (error instanceof CommandError) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof NetworkError) {
    return {
      text: `${error.message}\nIs Backend2 running there? Choose another place with --url or BACKEND2_URL.`,
      exitCode: exitCodes.unreachable,
    };
  }
  if (!(error instanceof ApiError)) return undefined;
  if (error.status === 401) {
    return { text: `${error.message}\nSign in with: backend2 login`, exitCode: exitCodes.notSignedIn };
  }
  const issues = error.issues.map(({ path, message }) => `  ${path || '(body)'}: ${message}`);
  const request = error.problem ? `  (${error.code}, request ${error.problem.requestId})` : '';
  return { text: [error.message, ...issues, request].filter(Boolean).join('\n'), exitCode: exitCodes.failed };
};
