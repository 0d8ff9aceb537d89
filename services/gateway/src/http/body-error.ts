import { HttpError } from './http-error.ts';

/** Express's own errors (body parser, router, static files) as ours; undefined for any other. */
export const bodyError = (error: unknown): HttpError | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { type, limit, expose, status } = error as Error & Partial<BodyParserError>;
  switch (type) {
    case 'entity.parse.failed':
      return new HttpError(400, 'malformed_json', `The body is not valid JSON: ${error.message}.`);
    case 'entity.too.large':
      return new HttpError(413, 'body_too_large', `The body is larger than the ${limit} bytes allowed here.`);
    case 'parameters.too.many':
      return new HttpError(413, 'body_too_large', 'The form has too many fields.');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new HttpError(415, 'unsupported_encoding', `The body cannot be decoded: ${error.message}.`);
    case 'request.aborted':
    case 'request.size.invalid':
      return new HttpError(400, 'incomplete_body', 'The body ended before its announced length.');
    default:
  }
  if (error instanceof URIError) {
    return new HttpError(400, 'malformed_path', 'The path has a percent sign that is not an escape.');
  }
  // Errors of http-errors that may be shown.
  if (expose === true && status !== undefined && status >= 400 && status < 500) {
    return new HttpError(status, 'malformed_request', error.message);
  }
  return undefined;
};

interface BodyParserError {
  type: string;
  limit: number;
  expose: boolean;
  status: number;
}
