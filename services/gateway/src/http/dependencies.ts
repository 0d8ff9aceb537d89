import type { ContactSheet } from '@backend2/artifacts';
import type {
  AuditEntry,
  AuthRpc,
  HealthAggregatorRpc,
  HealthView,
  TaskIntakeRpc,
} from '@backend2/contracts';
import type {
  AccessTokens,
  Log,
  Metrics,
  Readiness,
  RevocationList,
  TypedRpcClient,
  VerifyApiKey,
} from '@backend2/service-kit';
import type { Loop } from '@backend2/service-kit';
import type { Store } from 'express-rate-limit';
import type { EventConnections } from '../events/event-connections.ts';
import type { ArtifactFiles } from '../artifacts/artifact-files.ts';
import type { GatewayConfig } from '../config.ts';
import type { IdempotencyStore } from './idempotency.ts';

/** What the edge is made of; `main.ts` names the real ones. */
export interface Dependencies {
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly loops: () => readonly Loop[];
  readonly auth: Pick<TypedRpcClient<AuthRpc>, 'call'>;
  readonly health: Pick<TypedRpcClient<HealthAggregatorRpc>, 'call'>;
  readonly tasks: Pick<TypedRpcClient<TaskIntakeRpc>, 'call'>;
  readonly tokens: AccessTokens;
  readonly revocations: Pick<RevocationList, 'isRevoked'>;
  readonly verifyApiKey: VerifyApiKey;
  readonly events: EventConnections;
  readonly artifacts: ArtifactFiles;
  readonly composeSheet: (sheet: ContactSheet) => Promise<Uint8Array>;
  /** The verdict on the whole system; undefined where there is none that is fresh. Rejects while Redis is away. */
  readonly readHealth: () => Promise<HealthView | undefined>;
  readonly rateLimitStore: (policy: string) => Store;
  /** Keeps an entry of the audit log; resolves once that is sure. */
  readonly keepAudit: (entry: AuditEntry) => Promise<unknown>;
  readonly idempotencyStore: IdempotencyStore;
  /** Told of every error nobody meant to happen. */
  readonly onUnexpected: (error: unknown) => void;
}
