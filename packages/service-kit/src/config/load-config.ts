import convict from 'convict';
import './config-formats.ts';
import { configRules, type ConfigRule } from './config-rules.ts';

export type ConfigSchema<T> = convict.Schema<T>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every bad value of a configuration at once; the message names the variables and never a secret's value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      ['The configuration is not valid. Set these environment variables right and start again:']
        .concat(problems.map((problem) => `  ${problem}`))
        .join('\n'),
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

interface Leaf {
  readonly path: string;
  readonly env?: string;
  readonly aliases?: readonly string[];
}

const leavesOf = (node: object, path = ''): Leaf[] =>
  Object.entries(node).flatMap(([name, child]) => {
    const here = path === '' ? name : `${path}.${name}`;
    if (typeof child !== 'object' || child === null) return [];
    return 'default' in child ? [{ ...(child as object), path: here }] : leavesOf(child as object, here);
  });

interface Found {
  readonly values: Record<string, string>;
  /** Which variable was really set, by the name it stands in for. */
  readonly setAs: Record<string, string>;
}

/** Empty values count as unset, and an alias stands in for a name that is unset. */
const effective = (leaves: readonly Leaf[], env: Environment): Found => {
  const found: Found = { values: {}, setAs: {} };
  for (const { env: name, aliases = [] } of leaves) {
    const used = name === undefined ? undefined : [name, ...aliases].find((key) => (env[key] ?? '') !== '');
    if (name === undefined || used === undefined) continue;
    found.values[name] = env[used] as string;
    found.setAs[name] = used;
  }
  return found;
};

/** convict joins its findings into one text, a line each, beginning with the key's path. */
const byVariable = (message: string, leaves: readonly Leaf[], { setAs }: Found): string[] =>
  message.split('\n').map((line) => {
    const leaf = leaves.find(({ path }) => line.startsWith(`${path}: `));
    if (!leaf) return line;
    const name = leaf.env === undefined ? leaf.path : (setAs[leaf.env] ?? leaf.env);
    return `${name}: ${line.slice(leaf.path.length + 2)}`;
  });

/**
 * Reads the configuration once. `rules` look at the whole where one key's format cannot, and run once every format is
 * right; those of this package (Redis's three forms, a production start) always apply.
 *
 * @throws ConfigError naming every offending variable.
 */
export const loadConfig = <T extends object>(
  schema: ConfigSchema<T>,
  env: Environment,
  rules: readonly ConfigRule<T>[] = [],
): T => {
  const leaves = leavesOf(schema);
  const found = effective(leaves, env);
  const config = convict<T>(schema, { env: found.values, args: [] });
  const problems: string[] = [];
  try {
    config.validate({ allowed: 'strict' });
  } catch (error) {
    problems.push(...byVariable((error as Error).message, leaves, found));
  }
  const values = config.getProperties();
  const wellFormed = problems.length === 0;
  for (const rule of configRules) problems.push(...rule(values, env));
  if (wellFormed) for (const rule of rules) problems.push(...rule(values, env));
  if (problems.length > 0) throw new ConfigError(problems);
  return values;
};

/**
 * For a `main.ts`: a bad configuration is said on standard error, without a stack, and ends the process with status 1.
 * With `--check-config` among the arguments, a good one ends it with status 0.
 */
export const loadConfigOrExit: typeof loadConfig = (schema, env, rules) => {
  try {
    const config = loadConfig(schema, env, rules);
    if (process.argv.includes('--check-config')) process.exit(0);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
};
