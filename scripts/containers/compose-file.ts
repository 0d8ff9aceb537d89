import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string };
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly network_mode?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly cpus?: number;
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly [key: string]: unknown;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const readComposeFile = (root: string): ComposeFile =>
  parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as ComposeFile;

/** `${NAME}`, `${NAME:-otherwise}` or `${NAME:?message}`. */
export interface Interpolation {
  readonly name: string;
  readonly operator: ':-' | ':?' | '';
  readonly rest: string;
}

export const interpolationsIn = (text: string): Interpolation[] =>
  [...text.matchAll(/\$\{(\w+)(?:(:[-?])([^}]*))?\}/g)].map(([, name = '', operator = '', rest = '']) => ({
    name,
    operator: operator as Interpolation['operator'],
    rest,
  }));

export const networksOf = ({ networks = [] }: ComposeService): readonly string[] =>
  Array.isArray(networks) ? (networks as string[]) : Object.keys(networks);

/** One of this repository's images, and no other's. */
export const isOurs = ({ image }: ComposeService): boolean => image.startsWith('backend2/');

/** The stage of the Dockerfile that makes an image of this repository; empty for another's. */
export const targetOf = ({ image }: ComposeService): string => /^backend2\/([\w-]+):/.exec(image)?.[1] ?? '';
