import { apiKeysApi, type ApiKeysApi } from './api-keys-api.ts';
import { systemApi, type SystemApi } from './system-api.ts';
import { healthViewSchema, type HealthView } from '@backend2/contracts';
import { artifactsApi, type ArtifactsApi } from './artifacts-api.ts';
import { authApi, type AuthApi } from './auth-api.ts';
import { lanesApi, type LanesApi } from './lanes-api.ts';
import { schedulesApi, type SchedulesApi } from './schedules-api.ts';
import { Session, type Tokens } from './session.ts';
import { tasksApi, type TasksApi } from './tasks-api.ts';
import { Transport } from './transport.ts';
import { usersApi, type UsersApi } from './users-api.ts';
import { webhooksApi, type WebhooksApi } from './webhooks-api.ts';

export interface ClientOptions {
  /** Where the gateway is, `http://localhost:8000` say; '' in a page it serves. */
  readonly baseUrl: string;
  /** The API prefix the gateway is configured with. Default `/api/v1`. */
  readonly apiPath?: string;
  /** An access token that was got elsewhere; it is not renewed. */
  readonly token?: string;
  /** Tokens kept from an earlier session. */
  readonly tokens?: Tokens;
  /** Called whenever the tokens change, undefined when the session ended. */
  readonly onTokens?: (tokens: Tokens | undefined) => void;
  readonly fetch?: typeof fetch;
  /** Times a request that may be repeated is sent again. Default 4. */
  readonly maxRetries?: number;
}

export interface Client {
  readonly auth: AuthApi;
  readonly users: UsersApi;
  readonly apiKeys: ApiKeysApi;
  readonly system: SystemApi;
  readonly tasks: TasksApi;
  readonly artifacts: ArtifactsApi;
  readonly lanes: LanesApi;
  readonly schedules: SchedulesApi;
  readonly webhooks: WebhooksApi;
  /** The verdict on the whole system; a failing one is an answer, not an error. */
  health(): Promise<HealthView>;
}

export const createClient = (options: ClientOptions): Client => {
  const tokens = options.tokens ?? (options.token === undefined ? undefined : { accessToken: options.token });
  const session = new Session({
    ...(tokens ? { tokens } : {}),
    ...(options.onTokens ? { onTokens: options.onTokens } : {}),
  });
  const transport = new Transport({
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    apiPath: options.apiPath ?? '/api/v1',
    // Bound, because browsers refuse a `fetch` that lost its window.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    session,
    maxRetries: options.maxRetries ?? 4,
  });
  return {
    auth: authApi(transport, session),
    users: usersApi(transport),
    apiKeys: apiKeysApi(transport),
    system: systemApi(transport),
    tasks: tasksApi(transport),
    artifacts: artifactsApi(transport),
    lanes: lanesApi(transport),
    schedules: schedulesApi(transport),
    webhooks: webhooksApi(transport),
    health: () =>
      transport.json(
        { method: 'GET', path: '/health', root: true, anonymous: true, accept: [503], repeatable: false },
        healthViewSchema,
      ),
  };
};
