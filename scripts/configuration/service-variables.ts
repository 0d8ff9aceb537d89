import { authConfig } from '../../services/auth/src/config.ts';
import { gatewayConfig } from '../../services/gateway/src/config.ts';
import { healthAggregatorConfig } from '../../services/health-aggregator/src/config.ts';
import { taskIntakeConfig } from '../../services/task-intake/src/config.ts';
import { workerConfig } from '@backend2/worker-runtime';

/** An environment variable that a service reads, as its schema says. */
export interface Variable {
  readonly name: string;
  /** Other names it may be given by. */
  readonly aliases: readonly string[];
  readonly sensitive: boolean;
  readonly doc: string;
  readonly default: unknown;
  readonly format: unknown;
}

interface Leaf {
  readonly env?: string;
  readonly aliases?: readonly string[];
  readonly sensitive?: boolean;
  readonly doc?: string;
  readonly default: unknown;
  readonly format?: unknown;
}

const variablesOf = (schema: object): Variable[] =>
  Object.values(schema).flatMap((node: unknown) => {
    if (typeof node !== 'object' || node === null) return [];
    if (!('default' in node)) return variablesOf(node);
    const { env: name, aliases = [], sensitive = false, doc = '', default: value, format } = node as Leaf;
    return name === undefined ? [] : [{ name, aliases, sensitive, doc, default: value, format }];
  });

/** Every variable of each service. */
export const serviceVariables: Readonly<Record<string, readonly Variable[]>> = {
  gateway: variablesOf(gatewayConfig(true)),
  auth: variablesOf(authConfig),
  'task-intake': variablesOf(taskIntakeConfig),
  'standard-worker': variablesOf(workerConfig('standard')),
  'lumina-worker': variablesOf(workerConfig('lumina')),
  'health-aggregator': variablesOf(healthAggregatorConfig),
};
