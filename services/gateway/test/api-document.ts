import { loadConfig } from '@backend2/service-kit';
import { gatewayConfig } from '../src/config.ts';
import type { Dependencies } from '../src/http/dependencies.ts';
import { openApiDocument } from '../src/openapi/openapi-document.ts';
import { apiRoutes } from '../src/routes/api-routes.ts';

const config = loadConfig(gatewayConfig(false), {});
export const { apiPrefix } = config;
/** As every gateway of these tests serves them; describing routes runs none. */
export const routes = apiRoutes({ config } as Dependencies);
export const apiDocument = openApiDocument(routes, apiPrefix);
