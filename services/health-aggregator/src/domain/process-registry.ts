import type { Heartbeat, ServiceName } from '@backend2/contracts';

export interface KnownProcess {
  readonly beat: Heartbeat;
  /** Milliseconds since its last beat arrived, by this process's clock. */
  readonly silentMs: number;
}

/** Silence after which a process is forgotten altogether. */
const forgottenMs = 60_000;

/** The processes that were heard of lately, by instance. */
export class ProcessRegistry {
  readonly #processes = new Map<string, { beat: Heartbeat; heardAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  hear(beat: Heartbeat): void {
    if (beat.state === 'stopped') this.#processes.delete(beat.instance);
    else this.#processes.set(beat.instance, { beat, heardAt: this.#now() });
  }

  of(service: ServiceName): KnownProcess[] {
    const now = this.#now();
    for (const [instance, { heardAt }] of this.#processes) {
      if (now - heardAt > forgottenMs) this.#processes.delete(instance);
    }
    return [...this.#processes.values()]
      .filter(({ beat }) => beat.service === service)
      .map(({ beat, heardAt }) => ({ beat, silentMs: now - heardAt }));
  }
}
