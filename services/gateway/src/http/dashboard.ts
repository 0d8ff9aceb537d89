import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import express, { Router } from 'express';

/**
 * The built dashboard: its assets, named by their content, for ever; its page for every path of its own.
 * Nothing where it has not been built.
 */
export const dashboard = (directory: string, notForPages: (path: string) => boolean): Router => {
  const router = Router();
  const root = resolve(directory);
  const page = join(root, 'index.html');
  if (!existsSync(page)) return router;
  router.use(
    '/assets',
    express.static(join(root, 'assets'), { immutable: true, maxAge: '365d', index: false }),
  );
  router.use(express.static(root, { index: false, maxAge: 0 }));
  router.get('/{*path}', (request, response, next) => {
    if (notForPages(request.path) || !request.accepts('html') || /\.\w+$/.test(request.path)) return next();
    response.set('cache-control', 'no-cache').sendFile(page);
  });
  return router;
};
