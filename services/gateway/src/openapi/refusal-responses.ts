import { oauthProblemSchema, problemSchema } from '@backend2/contracts';
import { titleOfStatus } from '../http/error-statuses.ts';
import type { Route } from '../http/route.ts';
import type { ComponentSchemas, JsonSchema } from './component-schemas.ts';
import { refusalsOf } from './refusals.ts';

/** The error answers of the routes of one document: those that many routes share are written once. */
export class RefusalResponses {
  readonly all: Record<string, JsonSchema> = {};
  readonly examples: Record<string, JsonSchema> = {};
  readonly #schemas: ComponentSchemas;
  readonly #shared: ReadonlyMap<string, string>;

  constructor(schemas: ComponentSchemas, routes: readonly Route[]) {
    this.#schemas = schemas;
    const met = new Map<string, { count: number; status: string }>();
    for (const route of routes) {
      for (const [status, codes] of byStatus(route)) {
        const key = keyOf(status, codes, route);
        met.set(key, { status, count: (met.get(key)?.count ?? 0) + 1 });
      }
    }
    // The most frequent set of a status takes the status's name; rarer ones stand at their routes.
    const frequent = new Map<string, [string, number]>();
    for (const [key, { status, count }] of met) {
      if (count > Math.max(2, frequent.get(status)?.[1] ?? 0)) frequent.set(status, [key, count]);
    }
    this.#shared = new Map([...frequent].map(([status, [key]]) => [key, `Refused${status}`]));
  }

  of(route: Route): Record<string, JsonSchema> {
    return Object.fromEntries(
      byStatus(route).map(([status, codes]) => {
        const name = this.#shared.get(keyOf(status, codes, route));
        if (name === undefined) return [status, this.#response(status, codes, route)];
        this.all[name] ??= this.#response(status, codes, route);
        return [status, { $ref: `#/components/responses/${name}` }];
      }),
    );
  }

  #response(status: string, codes: readonly string[], route: Route): JsonSchema {
    const oauth = route.oauthErrors === true;
    const type = oauth ? 'application/json' : 'application/problem+json';
    const problem = this.#schemas.of(oauth ? oauthProblemSchema : problemSchema, 'output');
    const passing = status === '429' || status === '503';
    return {
      description: codes.map((code) => `\`${code}\``).join(', '),
      headers: {
        'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
        ...(passing ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } : {}),
      },
      content: {
        [type]: {
          schema: { allOf: [problem, { type: 'object', properties: { code: { enum: codes } } }] },
          ...(oauth
            ? {}
            : { examples: Object.fromEntries(codes.map((code) => this.#example(status, code))) }),
        },
      },
    };
  }

  #example(status: string, code: string): [string, JsonSchema] {
    this.examples[code] ??= {
      value: {
        type: `urn:backend2:problem:${code}`,
        title: titleOfStatus[Number(status)] ?? 'Refused',
        status: Number(status),
        detail: 'A sentence that says what is wrong and what to do.',
        code,
        requestId: '0198b7a4-6f7e-7c3a-9a45-0000000000aa',
        ...(code === 'validation_failed' ? { errors: [{ path: '/name', message: 'is required' }] } : {}),
      },
    };
    return [code, { $ref: `#/components/examples/${code}` }];
  }
}

const byStatus = (route: Route): [string, string[]][] =>
  [...Map.groupBy(Object.entries(refusalsOf(route)), ([, status]) => status)].map(([status, codes]) => [
    String(status),
    codes.map(([code]) => code).toSorted(),
  ]);

const keyOf = (status: string, codes: readonly string[], { oauthErrors = false }: Route): string =>
  `${status} ${oauthErrors} ${codes.join(' ')}`;
