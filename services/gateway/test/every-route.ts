import { unowned, type OwnedThings } from './owned-things.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: { readonly enum?: readonly string[] };
}
interface Operation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly 'x-role'?: string;
  readonly 'x-scopes'?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example?: unknown }>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}
export interface Route extends Operation {
  readonly method: string;
  readonly path: string;
  /** Path parameters that name something of a user's. */
  readonly owned: readonly string[];
}

/** Every operation that the gateway at `url` itself says it serves. */
export const servedRoutesOf = async (url: string): Promise<Route[]> => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const owned = names.filter((name) => !Object.hasOwn(unowned, name));
      return { ...operation, method: method.toUpperCase(), path, owned };
    }),
  );
};

/** The same route, to be asked with another body than its example. */
export const withBody = (route: Route, example: unknown): Route => ({
  ...route,
  requestBody: { content: { 'application/json': { example } } },
});

/** A sound request to the route about these things: nothing but who sends it can be wrong with it. */
export const askRoute = async (
  url: string,
  route: Route,
  things: OwnedThings,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly code: string | undefined }> => {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = things[name] ?? unowned[name];
    if (value === undefined) throw new Error(`Make a {${name}} in owned-things.ts for ${route.path}.`);
    return value;
  });
  const query = new URLSearchParams(
    (route.parameters ?? [])
      .filter((parameter) => parameter.in === 'query' && parameter.required === true)
      .map(({ name, schema }) => [name, schema.enum?.[0] ?? '0']),
  );
  const example = route.requestBody?.content['application/json']?.example;
  const response = await fetch(`${url}${path}?${query}`, {
    method: route.method,
    headers: { ...headers, ...(example !== undefined && { 'content-type': 'application/json' }) },
    ...(example !== undefined && { body: JSON.stringify(example) }),
    redirect: 'manual',
  });
  const problem = response.headers.get('content-type')?.startsWith('application/problem+json');
  const code = problem ? ((await response.json()) as { code: string }).code : undefined;
  // An event stream would go on for ever.
  if (!problem) await response.body?.cancel();
  return { status: response.status, code };
};
