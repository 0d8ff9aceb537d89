import type { EventStreamMessage } from '@backend2/contracts';

/** One server-sent event. */
export const eventFrame = (id: string, message: EventStreamMessage): string =>
  `id: ${id}\nevent: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`;
