import { dirname } from 'node:path';
import { createRequire } from 'node:module';
import express, { Router } from 'express';
import { noteRoute } from '../http/request-log.ts';
import type { Route } from '../http/route.ts';
import { openApiDocument } from './openapi-document.ts';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Backend2 API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const script = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, tryItOutEnabled: true });\n`;

/** `/openapi.json` and, for people, `/docs`. The document is made when it is first asked for. */
export const documentation = (routes: readonly Route[], apiPrefix: string): Router => {
  const router = Router();
  let document: string | undefined;
  router.get('/openapi.json', noteRoute('/openapi.json'), (_request, response) => {
    document ??= JSON.stringify(openApiDocument(routes, apiPrefix));
    response.set('cache-control', 'no-cache').type('json').send(document);
  });
  router.use('/docs', noteRoute('/docs'));
  router.get('/docs', (_request, response) => void response.type('html').send(page));
  router.get('/docs/start.js', (_request, response) => void response.type('js').send(script));
  const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  router.get(
    ['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'],
    (request, _response, next) => {
      request.url = request.url.replace('/docs', '');
      next();
    },
    express.static(assets, { index: false, maxAge: '1d' }),
  );
  return router;
};
