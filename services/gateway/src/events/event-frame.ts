import type { EventStreamMessage } from '@backend2/contracts';

/** One server-sent event as bytes: those who hear it, and those for whom it waits, share them. */
export const eventFrame = (id: string, message: EventStreamMessage): Buffer =>
  Buffer.from(`id: ${id}\nevent: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
