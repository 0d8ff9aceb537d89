import { loadConfig } from '@backend2/service-kit';
import { gatewayConfig } from '../config.ts';
import type { Dependencies } from '../http/dependencies.ts';
import { apiRoutes } from '../routes/api-routes.ts';
import { openApiDocument } from './openapi-document.ts';

// Prints the document of the routes as they are served by default. Describing them runs none, so only the
// settings have to be there.
const config = loadConfig(gatewayConfig(false), {});
const routes = apiRoutes({ config } as Dependencies);
process.stdout.write(JSON.stringify(openApiDocument(routes, config.apiPrefix)));
