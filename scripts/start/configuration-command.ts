import { ConfigError, loadConfig } from '@backend2/service-kit';
import { workerConfig } from '@backend2/worker-runtime';
import { authConfig } from '../../services/auth/src/config.ts';
import { readGatewayConfig } from '../../services/gateway/src/config.ts';
import { healthAggregatorConfig } from '../../services/health-aggregator/src/config.ts';
import { taskIntakeConfig } from '../../services/task-intake/src/config.ts';

// Ends with status 1, and every offending variable of any service on standard error, where one could not run with this environment.

const { env } = process;
const reads: readonly (() => unknown)[] = [
  () => readGatewayConfig(loadConfig, env),
  () => loadConfig(authConfig, env),
  () => loadConfig(taskIntakeConfig, env),
  () => loadConfig(workerConfig('standard'), env),
  () => loadConfig(workerConfig('lumina'), env),
  () => loadConfig(healthAggregatorConfig, env),
];

const problems = new Set<string>();
for (const read of reads) {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) problems.add(problem);
  }
}
if (problems.size > 0) {
  process.stderr.write(`${new ConfigError([...problems]).message}\n`);
  process.exitCode = 1;
}
