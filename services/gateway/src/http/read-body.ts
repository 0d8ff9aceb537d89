import express, { type Request, type RequestHandler, type Response } from 'express';
import { HttpError } from './http-error.ts';
import type { Route } from './route.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** Arrays and objects within one another. */
  readonly maxDepth: number;
}

export type BodyReader = (route: Route, request: Request, response: Response) => Promise<unknown>;

/** Reads a route's body, of the media types it takes and within the limits. */
export const bodyReader = ({ maxBytes, maxDepth }: BodyLimits): BodyReader => {
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
    if (isDeeperThan(body, maxDepth)) {
      const text = `The body has arrays and objects nested more than ${maxDepth} deep.`;
      throw new HttpError(400, 'body_too_deep', text);
    }
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
const isDeeperThan = (value: unknown, most: number): boolean => {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const nested = level.filter((item) => typeof item === 'object' && item !== null);
    if (nested.length > 0 && depth >= most) return true;
    level = nested.flatMap((item) => Object.values(item) as unknown[]);
  }
  return false;
};
