/** Something long-lived; the stream engine's `Lifecycle` fits. */
export interface Service {
  readonly name: string;
  /** Resolves when able to take work. A rejected start leaves nothing running; one that waits heeds `stop`. */
  start(stop?: AbortSignal): Promise<void>;
  /** Stops intake, drains, resolves. Safe unstarted and twice; `hard` aborts what still runs. */
  stop(hard: AbortSignal): Promise<void>;
}
