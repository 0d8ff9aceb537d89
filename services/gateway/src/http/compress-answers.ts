import compression from 'compression';
import type { RequestHandler } from 'express';

/** Not event streams, whose events would wait in a buffer, nor what is compressed already. */
export const compressAnswers = (): RequestHandler =>
  compression({
    filter: (request, response) => {
      const type = String(response.getHeader('content-type') ?? '');
      if (/^(text\/event-stream|image\/|application\/zip)/.test(type)) return false;
      return /^application\/(problem|health)\+json/.test(type) || compression.filter(request, response);
    },
  });
