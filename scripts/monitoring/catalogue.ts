import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CatalogueEntry {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  /** Services that export it. */
  readonly services: readonly string[];
}

const workers = ['standard-worker', 'lumina-worker'] as const;
const services = ['gateway', 'auth', 'task-intake', ...workers, 'health-aggregator'] as const;

const list = (cell: string): string[] =>
  cell
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const servicesOf = (cell: string): string[] =>
  list(cell).flatMap((name) => (name === 'all' ? services : name === 'workers' ? workers : [name]));

/** The rows of docs/metrics.md, by metric. */
export function readCatalogue(root: string): ReadonlyMap<string, CatalogueEntry> {
  const entries = new Map<string, CatalogueEntry>();
  for (const line of readFileSync(join(root, 'docs/metrics.md'), 'utf8').split('\n')) {
    const [, name, type = '', labels = '', by = ''] =
      /^\|\s*`([\w:]+)`\s*\|\s*(\w+)\s*\|([^|]*)\|([^|]*)\|/.exec(line) ?? [];
    if (name !== undefined) entries.set(name, { name, type, labels: list(labels), services: servicesOf(by) });
  }
  return entries;
}

/** Backend2's own metrics, as the code names them. */
export function namesInCode(root: string): string[] {
  const file = join(root, 'packages/service-kit/src/metrics/metric-names.ts');
  return [...readFileSync(file, 'utf8').matchAll(/'(backend2_\w+)'/g)].map(([, name]) => name as string);
}
