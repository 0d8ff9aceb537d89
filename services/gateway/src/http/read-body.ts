import express, { type Request, type RequestHandler, type Response } from 'express';
import { HttpError } from './http-error.ts';
import type { Route } from './route.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** Arrays and objects within one another. */
  readonly maxDepth: number;
  /** Elements of one array, fields of one object. */
  readonly maxItems: number;
}

export type BodyReader = (route: Route, request: Request, response: Response) => Promise<unknown>;

/** Reads a route's body, of the media types it takes and within the limits. */
export const bodyReader = ({ maxBytes, ...shape }: BodyLimits): BodyReader => {
  const json = express.json({ limit: maxBytes, strict: false });
  const form = express.urlencoded({ limit: maxBytes, extended: false, parameterLimit: 100 });
  return async (route, request, response) => {
    const types = route.bodyTypes ?? ['application/json'];
    if (!hasBody(request)) {
      throw new HttpError(400, 'body_missing', `This needs a body of type ${types.join(' or ')}.`);
    }
    const type = request.is([...types]);
    if (type === false || type === null) {
      const given = request.get('content-type') ?? 'none';
      const text = `The body must be ${types.join(' or ')}; the Content-Type given is ${given}.`;
      throw new HttpError(415, 'unsupported_media_type', text, { headers: { accept: types.join(', ') } });
    }
    await run(type === 'application/x-www-form-urlencoded' ? form : json, request, response);
    const body: unknown = request.body;
    checkShape(body, shape);
    return body;
  };
};

const hasBody = (request: Request): boolean =>
  request.get('transfer-encoding') !== undefined || Number(request.get('content-length') ?? 0) > 0;

const run = (middleware: RequestHandler, request: Request, response: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    void middleware(request, response, (error?: unknown) =>
      error === undefined
        ? resolve()
        : reject(error instanceof Error ? error : new Error('the body cannot be read', { cause: error })),
    );
  });

/** Level by level, because the depth of what it looks at is the sender's choice. */
const checkShape = (body: unknown, { maxDepth, maxItems }: Omit<BodyLimits, 'maxBytes'>): void => {
  let level: readonly { readonly path: string; readonly value: unknown }[] = [{ path: '', value: body }];
  for (let depth = 0; level.length > 0; depth++) {
    const next: { path: string; value: unknown }[] = [];
    for (const { path, value } of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (depth >= maxDepth) throw tooDeep(maxDepth);
      const items = Object.entries(value);
      if (items.length > maxItems) throw tooLong(path, items.length, maxItems);
      for (const [name, item] of items) {
        if (typeof item === 'object') next.push({ path: `${path}/${name}`, value: item });
      }
    }
    level = next;
  }
};

const tooDeep = (most: number): HttpError =>
  new HttpError(400, 'body_too_deep', `The body has arrays and objects nested more than ${most} deep.`);

const tooLong = (path: string, count: number, most: number): HttpError => {
  const where = path.slice(0, 200);
  return new HttpError(
    400,
    'body_too_long',
    `${where || 'the body'}: has ${count} elements; ${most} are the most.`,
    { issues: [{ path: where, message: `has more than ${most} elements` }] },
  );
};
