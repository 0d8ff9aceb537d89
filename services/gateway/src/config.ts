import {
  artifactsConfig,
  corsConfig,
  logConfig,
  opsConfig,
  redisConfig,
  securityConfig,
  sentryConfig,
  tracingConfig,
  type ArtifactsConfig,
  type ConfigRule,
  type ConfigSchema,
  type CorsConfig,
  type Environment,
  type loadConfig,
  type LogConfig,
  type OpsConfig,
  type RedisConfig,
  type SecurityConfig,
  type SentryConfig,
  type TracingConfig,
} from '@backend2/service-kit';

export interface GatewayConfig {
  readonly log: LogConfig;
  readonly redis: RedisConfig;
  readonly ops: OpsConfig;
  readonly sentry: SentryConfig;
  readonly tracing: TracingConfig;
  readonly security: SecurityConfig;
  readonly cors: CorsConfig;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** What Express trusts `X-Forwarded-*` of: empty for nobody, a number of hops, or addresses. */
    readonly trustProxy: string;
    /** Both, for HTTPS at the gateway itself, or neither. */
    readonly certFile: string;
    readonly keyFile: string;
  };
  readonly apiPrefix: string;
  readonly limits: {
    readonly bodyBytes: number;
    readonly bodyDepth: number;
    readonly bodyItems: number;
    readonly perMinute: number;
    readonly artifactsPerMinute: number;
    readonly signInPerMinute: number;
    readonly refusedPerMinute: number;
    /** Cells of one contact sheet. */
    readonly sheetCells: number;
  };
  readonly events: {
    readonly maxStreams: number;
    readonly maxStreamsPerUser: number;
    readonly maxBufferedBytes: number;
    readonly heartbeatMs: number;
  };
  readonly rpcTimeoutMs: number;
  readonly artifacts: ArtifactsConfig;
  readonly dashboardDir: string;
}

const countPerMinute = { format: 'whole', min: 0, max: 1_000_000 } as const;

/** Schema of the environment; `production` chooses where it listens by default. */
export const gatewayConfig = (production: boolean): ConfigSchema<GatewayConfig> => ({
  log: logConfig,
  redis: redisConfig,
  ops: opsConfig,
  sentry: sentryConfig,
  tracing: tracingConfig,
  security: securityConfig,
  cors: corsConfig,
  http: {
    host: {
      doc: 'Address to listen on',
      format: 'text',
      default: production ? '0.0.0.0' : '127.0.0.1',
      env: 'HOST',
    },
    port: { doc: 'Port to listen on; 0 is any free one', format: 'tcpPort', default: 8000, env: 'PORT' },
    trustProxy: {
      doc: 'Hops or addresses of the proxies in front, comma separated; empty: none',
      format: 'text',
      default: '',
      env: 'TRUST_PROXY',
    },
    certFile: {
      doc: 'Certificate (PEM, with its chain) for HTTPS at the gateway itself; empty: HTTP, for a proxy in front',
      format: 'text',
      default: '',
      env: 'TLS_CERT_FILE',
    },
    keyFile: { doc: 'Private key of the certificate', format: 'text', default: '', env: 'TLS_KEY_FILE' },
  },
  apiPrefix: { doc: 'Prefix of the public API', format: 'text', default: '/api/v1', env: 'API_V1_STR' },
  limits: {
    bodyBytes: {
      doc: 'Largest body of a request',
      format: 'whole',
      min: 1024,
      max: 104_857_600,
      default: 1_048_576,
      env: 'MAX_BODY_BYTES',
    },
    bodyDepth: {
      doc: 'Arrays and objects within one another in a body',
      format: 'whole',
      min: 4,
      max: 200,
      default: 32,
      env: 'MAX_BODY_DEPTH',
    },
    bodyItems: {
      doc: 'Elements of one array, or fields of one object, in a body',
      format: 'whole',
      min: 200,
      max: 1_000_000,
      default: 10_000,
      env: 'MAX_BODY_ITEMS',
    },
    perMinute: {
      ...countPerMinute,
      doc: 'Requests of one caller; 0: no limit',
      default: 1200,
      env: 'RATE_LIMIT',
    },
    artifactsPerMinute: {
      ...countPerMinute,
      doc: 'Images fetched by one caller; 0: no limit',
      default: 12_000,
      env: 'RATE_LIMIT_ARTIFACTS',
    },
    signInPerMinute: {
      ...countPerMinute,
      doc: 'Sign-ins and renewals from one address; 0: no limit',
      default: 60,
      env: 'RATE_LIMIT_SIGN_IN',
    },
    refusedPerMinute: {
      ...countPerMinute,
      doc: 'Wrong tokens and API keys from one address; 0: no limit',
      default: 600,
      env: 'RATE_LIMIT_REFUSED',
    },
    sheetCells: {
      doc: 'Cells of one contact sheet',
      format: 'whole',
      min: 1,
      max: 10_000,
      default: 2500,
      env: 'MAX_SHEET_CELLS',
    },
  },
  events: {
    maxStreams: {
      doc: 'Event streams open at once in this process',
      format: 'whole',
      min: 1,
      max: 100_000,
      default: 10_000,
      env: 'MAX_EVENT_STREAMS',
    },
    maxStreamsPerUser: {
      doc: 'Of them those of one user',
      format: 'whole',
      min: 1,
      max: 100_000,
      default: 100,
      env: 'MAX_EVENT_STREAMS_PER_USER',
    },
    maxBufferedBytes: {
      doc: 'Bytes that may wait for slow readers of event streams in this process; above it the slowest are cut off',
      format: 'whole',
      min: 65_536,
      max: 4_294_967_296,
      default: 67_108_864,
      env: 'MAX_EVENT_BUFFER_BYTES',
    },
    heartbeatMs: {
      doc: 'How often a silent event stream shows that it is alive',
      format: 'milliseconds',
      min: 100,
      default: 15_000,
      env: 'EVENT_HEARTBEAT',
    },
  },
  rpcTimeoutMs: {
    doc: 'How long another service may take to answer',
    format: 'milliseconds',
    min: 100,
    default: 10_000,
    env: 'RPC_TIMEOUT',
  },
  artifacts: artifactsConfig,
  dashboardDir: {
    doc: "The dashboard's built files",
    format: 'text',
    default: 'packages/dashboard/dist',
    env: 'DASHBOARD_DIR',
  },
});

/** A certificate without its key, or the other way round, serves nobody. */
const gatewayRules: readonly ConfigRule<GatewayConfig>[] = [
  ({ http }) => {
    if ((http.certFile === '') === (http.keyFile === '')) return [];
    return [
      http.certFile === ''
        ? 'TLS_CERT_FILE: must be set as well when TLS_KEY_FILE is'
        : 'TLS_KEY_FILE: must be set as well when TLS_CERT_FILE is',
    ];
  },
];

/** As a gateway with this environment reads it, by `loadConfig` or what else loads one. */
export const readGatewayConfig = (load: typeof loadConfig, env: Environment): GatewayConfig =>
  load(gatewayConfig(env['NODE_ENV'] === 'production'), env, gatewayRules);
