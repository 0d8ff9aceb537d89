/** The servers shared by all tests of a run, from the environment that `run-suite.ts` sets. */
export interface TestServers {
  readonly redisUrl: string;
  readonly postgresUrl: string;
  readonly standbyUrl: string;
  /** Tells runs apart that share a server. */
  readonly run: string;
}

const names = {
  redisUrl: 'BACKEND2_TEST_REDIS_URL',
  postgresUrl: 'BACKEND2_TEST_POSTGRES_URL',
  standbyUrl: 'BACKEND2_TEST_STANDBY_URL',
} as const;

export function testServer(name: keyof typeof names): string {
  const url = process.env[names[name]];
  if (url === undefined || url === '') {
    throw new Error(
      `${names[name]} is not set: run the tests with "pnpm --filter <package> test", which starts the servers.`,
    );
  }
  return url;
}

export function testRun(): string {
  return process.env['BACKEND2_TEST_RUN'] ?? `p${process.ppid}`;
}

export function testServerEnvironment({ redisUrl, postgresUrl, standbyUrl, run }: TestServers) {
  return {
    [names.redisUrl]: redisUrl,
    [names.postgresUrl]: postgresUrl,
    [names.standbyUrl]: standbyUrl,
    BACKEND2_TEST_RUN: run,
  };
}

/** True when somebody else started the servers for this run. */
export function hasTestServers(): boolean {
  return Object.values(names).every((name) => (process.env[name] ?? '') !== '');
}
