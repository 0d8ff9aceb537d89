import type { TestScope } from '@backend2/testkit';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { apiDocument } from './api-document.ts';

/**
 * Importing this module makes `fetch` look at every answer of a watched gateway: its status, type, error code and body
 * must be what the OpenAPI document of its routes says. A test whose gateway said something else fails when it ends.
 */

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, object>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, Answer>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Answer>> };
}

const plainFetch = globalThis.fetch;
/** What each watched gateway said against the document. */
const watched = new Map<string, string[]>();
let contract: Contract | undefined;

/** Watches the gateway at `url` until the test is over. */
export const checkResponses = (t: TestScope, url: string): void => {
  const { origin } = new URL(url);
  const complaints: string[] = [];
  watched.set(origin, complaints);
  t.teardown(() => {
    watched.delete(origin);
    if (complaints.length === 0) return;
    throw new Error(
      `The gateway answered what its OpenAPI document does not say:\n  ${complaints.join('\n  ')}\n` +
        'Correct the answer, or tell of it in the route (`answer`, `refusals`) and run: npm run openapi',
    );
  });
};

globalThis.fetch = async (input, init) => {
  const response = await plainFetch(input, init);
  const request = new Request(input, { ...init, body: null, signal: null });
  const complaints = watched.get(new URL(request.url).origin);
  if (complaints) {
    contract ??= new Contract(apiDocument as unknown as Document);
    complaints.push(...(await contract.complaintsOf(request, response)));
  }
  return response;
};

class Contract {
  readonly #document: Document;
  readonly #ajv: Ajv2020;
  readonly #templates: readonly { readonly form: RegExp; readonly path: string }[];
  readonly #checks = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    this.#document = document;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, 'api');
    // What is spelt out goes before what has parameters, as `/users/me` before `/users/{userId}`.
    const paths = Object.keys(document.paths).toSorted((a, b) => a.split('{').length - b.split('{').length);
    this.#templates = paths.map((path) => ({
      path,
      form: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    }));
  }

  async complaintsOf(request: Request, response: Response): Promise<string[]> {
    const path = this.#templates.find(({ form }) => form.test(new URL(request.url).pathname))?.path;
    const method = request.method.toLowerCase();
    const operation = this.#document.paths[path ?? '']?.[method];
    if (path === undefined || operation === undefined || [206, 304].includes(response.status)) return [];
    const which = `${request.method} ${path} ${response.status}`;
    const said = operation.responses[String(response.status)];
    if (said === undefined) {
      const text = (await response.clone().text()).slice(0, 300);
      return [`${which}: the status is not told of: ${text}`];
    }
    const shared = said.$ref?.split('/').at(-1);
    const answer = shared === undefined ? said : this.#document.components.responses[shared];
    const at =
      shared === undefined
        ? ['paths', path, method, 'responses', String(response.status)]
        : ['components', 'responses', shared];
    const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
    const types = Object.keys(answer?.content ?? {});
    if (types.length === 0) return [];
    if (!types.includes(type) && !types.includes('*/*')) {
      return [`${which}: is ${type || 'of no type'}, not ${types.join(' or ')}`];
    }
    if (!Object.hasOwn(answer?.content?.[type] ?? {}, 'schema')) return [];
    const body: unknown = await response.clone().json();
    const check = this.#checkOf([...at, 'content', type, 'schema']);
    if (check(body)) return [];
    const wrong = this.#ajv.errorsText(check.errors, { dataVar: 'body' });
    return [`${which}: ${wrong}: ${JSON.stringify(body).slice(0, 500)}`];
  }

  #checkOf(place: readonly string[]): ValidateFunction {
    const pointer = place
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const known = this.#checks.get(pointer);
    if (known) return known;
    const made = this.#ajv.compile({ $ref: `api#/${pointer}` });
    this.#checks.set(pointer, made);
    return made;
  }
}
