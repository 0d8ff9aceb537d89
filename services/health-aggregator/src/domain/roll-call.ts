import { services, type Heartbeat, type ServiceName } from '@backend2/contracts';

export interface Instance {
  readonly beat: Heartbeat;
  /** When the beat was heard, by this process's clock: those of other hosts may differ. */
  readonly heardAt: number;
}

export interface ServiceRoll {
  readonly service: ServiceName;
  readonly alive: readonly Instance[];
  /** Fell silent without a last word, lately. */
  readonly dead: readonly Instance[];
}

/** Who was heard lately. Times are milliseconds of one steady clock. */
export interface RollCall {
  hear(beat: Heartbeat, now: number): void;
  /** The ear was deaf until now: nobody's silence before counts. */
  listenFrom(now: number): void;
  /** Whether a service that was never heard may still be about to speak. */
  isEarly(now: number): boolean;
  call(now: number): readonly ServiceRoll[];
}

/** How long a process that fell silent is still reported while others of its service live. */
const mournMs = 60_000;

export const rollCall = (staleMs: number): RollCall => {
  const instances = new Map<string, Instance>();
  let listeningSince = Number.NEGATIVE_INFINITY;
  const silence = ({ heardAt }: Instance, now: number) => now - Math.max(heardAt, listeningSince);
  return {
    hear: (beat, now) => {
      if (beat.state === 'stopped') instances.delete(beat.instance);
      else instances.set(beat.instance, { beat, heardAt: now });
    },
    listenFrom: (now) => {
      listeningSince = now;
    },
    isEarly: (now) => now - listeningSince <= staleMs,
    call: (now) => {
      for (const [name, instance] of instances) {
        if (silence(instance, now) > staleMs + mournMs) instances.delete(name);
      }
      return services.map((service) => {
        const own = [...instances.values()].filter(({ beat }) => beat.service === service);
        return {
          service,
          alive: own.filter((instance) => silence(instance, now) <= staleMs),
          dead: own.filter((instance) => silence(instance, now) > staleMs),
        };
      });
    },
  };
};
