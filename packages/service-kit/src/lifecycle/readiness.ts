import type { HealthStatus } from '@backend2/contracts';

export type ProcessState = 'starting' | 'ready' | 'draining' | 'stopped';

export interface ReadinessCheck {
  readonly name: string;
  /** Rejects, with the reason, while the dependency cannot be used. */
  readonly check: (signal: AbortSignal) => Promise<unknown>;
  /** Default 2,000. */
  readonly timeoutMs?: number;
  /** A failure that only warns leaves the process ready. */
  readonly optional?: boolean;
}

export interface CheckResult {
  readonly name: string;
  readonly status: HealthStatus;
  readonly output?: string;
}

/** Whether this process should be given work: what it says of itself and what it finds of its dependencies. */
export interface Readiness {
  readonly state: ProcessState;
  enter(state: ProcessState): void;
  /** Runs all checks at once; calls that come while they run share the result. */
  check(): Promise<readonly CheckResult[]>;
}

const runCheck = async ({
  name,
  check,
  timeoutMs = 2000,
  optional,
}: ReadinessCheck): Promise<CheckResult> => {
  const late = AbortSignal.timeout(timeoutMs);
  const outOfTime = new Promise<never>((_resolve, reject) => {
    late.addEventListener('abort', () => reject(new Error(`no answer within ${timeoutMs} ms`)), {
      once: true,
    });
  });
  try {
    await Promise.race([check(late), outOfTime]);
    return { name, status: 'pass' };
  } catch (error) {
    return {
      name,
      status: optional ? 'warn' : 'fail',
      output: error instanceof Error ? error.message : String(error),
    };
  }
};

export const createReadiness = (checks: readonly ReadinessCheck[] = []): Readiness => {
  let state: ProcessState = 'starting';
  let running: Promise<readonly CheckResult[]> | undefined;
  return {
    get state() {
      return state;
    },
    enter: (next) => {
      state = next;
    },
    check: () =>
      (running ??= Promise.all(checks.map(runCheck)).finally(() => {
        running = undefined;
      })),
  };
};
