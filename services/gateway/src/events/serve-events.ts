import { HttpError } from '../http/http-error.ts';
import type { Call } from '../http/route.ts';
import { isEntryId } from './entry-id.ts';
import { eventStreamHeaders } from './event-connection.ts';
import type { EventConnections } from './event-connections.ts';
import type { EventScope } from './event-hub.ts';

/** Turns a call into an event stream. */
export const serveEvents = async (
  connections: EventConnections,
  { request, response, claims }: Call<unknown, unknown, unknown>,
  scope: EventScope,
): Promise<void> => {
  const lastEventId = request.get('last-event-id') || undefined;
  if (lastEventId !== undefined && !isEntryId(lastEventId)) {
    throw new HttpError(400, 'last_event_id_malformed', 'The Last-Event-ID is not one this API has sent.');
  }
  if (!request.accepts('text/event-stream')) {
    throw new HttpError(
      406,
      'not_acceptable',
      'This sends text/event-stream, which the Accept header rules out.',
    );
  }
  if (request.method === 'HEAD') return void response.status(200).set(eventStreamHeaders).end();
  await connections.serve(response, claims, scope, lastEventId);
};
