import { DomainError, type AuditEntry, type AuditOutcome, type Json } from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import type { Request } from 'express';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from './authenticate.ts';
import { problemOf } from './problem-of.ts';
import { requestIdOf } from './request-context.ts';
import type { Call, Route } from './route.ts';

export interface AuditTrail {
  /**
   * Writes down that a change begins, does it, and writes down what came of it, before anybody is answered.
   *
   * @throws DomainError `audit_unavailable`, and does nothing, where the beginning cannot be kept.
   */
  follow<A>(
    route: Route,
    call: Call<unknown, unknown, unknown>,
    caller: Caller | undefined,
    change: () => Promise<A>,
  ): Promise<A>;
  /** Writes down a change that its caller may not make. */
  denied(route: Route, request: Request, caller: Caller, why: unknown): Promise<void>;
}

export const auditTrail = (keep: (entry: AuditEntry) => Promise<unknown>, log: Log): AuditTrail => {
  /** The change is done or refused by then: that the log has only its beginning must not hide that. */
  const keepEnd = async (entry: AuditEntry): Promise<void> => {
    await keep(entry).catch((error: unknown) =>
      log.error(
        { err: error, auditId: entry.id, action: entry.action },
        'an end is missing in the audit log',
      ),
    );
  };
  return {
    follow: async (route, call, caller, change) => {
      const begun = entryOf(route, call.request, caller, call.params, {
        ...fieldsOf(call.body),
        ...route.audit?.details?.(call.body),
      });
      await keep(begun).catch((cause: unknown) => {
        throw unavailable(cause);
      });
      try {
        const answer = await change();
        const userId = begun.userId ?? route.audit?.userId?.(answer) ?? null;
        const target = { ...begun.target, ...createdId(route, answer) };
        await keepEnd({ ...begun, userId, target, outcome: 'done', status: route.answer.status });
        return answer;
      } catch (error) {
        await keepEnd({ ...begun, ...endOf(error, begun.requestId) });
        throw error;
      }
    },
    denied: async (route, request, caller, why) => {
      const entry = entryOf(route, request, caller, request.params, {});
      await keepEnd({ ...entry, ...endOf(why, entry.requestId) });
    },
  };
};

const entryOf = (
  route: Route,
  request: Request,
  caller: Caller | undefined,
  params: unknown,
  details: Readonly<Record<string, Json | undefined>>,
): AuditEntry => ({
  id: uuidv7(),
  at: new Date().toISOString(),
  userId: caller?.principal.userId ?? null,
  apiKeyId: caller?.apiKey?.id ?? null,
  action: route.operationId,
  target: Object.fromEntries(
    Object.entries(params as object).map(([name, value]) => [name, String(value).slice(0, 100)]),
  ),
  details: Object.fromEntries(
    Object.entries(details).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ),
  address: request.ip ?? 'unknown',
  userAgent: request.get('user-agent')?.slice(0, 256) ?? null,
  requestId: requestIdOf(request),
  outcome: 'begun',
  status: null,
  code: null,
});

const endOf = (error: unknown, requestId: string) => {
  const { status, code } = problemOf(error, requestId).body;
  const outcome: AuditOutcome = status >= 500 ? 'failed' : 'refused';
  return { outcome, status, code };
};

/** Names only: what they hold may be secret, or another's. */
const fieldsOf = (body: unknown): { readonly fields?: string[] } =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? { fields: Object.keys(body) } : {};

/** Of what was made. */
const createdId = ({ answer: { status } }: Route, answer: unknown): { readonly id?: string } => {
  if (status !== 201 && status !== 202) return {};
  const { id } = (answer ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? { id } : {};
};

const unavailable = (cause: unknown): DomainError =>
  Object.assign(
    new DomainError(
      'unavailable',
      'audit_unavailable',
      'Changes cannot be written down at the moment, so none are made. Try again in a moment.',
      { retryAfterSeconds: 2 },
    ),
    { cause },
  );
