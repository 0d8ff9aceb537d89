import type { ServerResponse } from 'node:http';
import type { EventStreamMessage } from '@backend2/contracts';

interface Told {
  readonly id: number;
  readonly taskId: string;
  readonly message: EventStreamMessage;
}

/** SSE as the gateway speaks it: `ready` on a fresh connection, what was missed on a resumed one. */
export class EventHub {
  readonly #told: Told[] = [];
  readonly #open = new Map<ServerResponse, string>();

  get listeners(): number {
    return this.#open.size;
  }

  tell(taskId: string, message: EventStreamMessage): void {
    const told = { id: this.#told.length + 1, taskId, message };
    this.#told.push(told);
    for (const [response, wanted] of this.#open) if (wanted === taskId) write(response, told);
  }

  connect(response: ServerResponse, taskId: string, lastEventId: string | undefined): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 200\n\n');
    if (lastEventId === undefined) {
      write(response, { id: this.#told.length, taskId, message: { type: 'ready' } });
    } else {
      for (const told of this.#told.slice(Number(lastEventId)))
        if (told.taskId === taskId) write(response, told);
    }
    this.#open.set(response, taskId);
    response.on('close', () => this.#open.delete(response));
  }

  /** Breaks every connection, as a restarting gateway does. */
  cut(): void {
    for (const response of this.#open.keys()) response.destroy();
  }
}

const write = (response: ServerResponse, { id, message }: Told): void =>
  void response.write(`id: ${id}\nevent: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
