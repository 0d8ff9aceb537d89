import { services, type Heartbeat, type ServiceName } from '@backend2/contracts';

export interface Instance {
  readonly beat: Heartbeat;
  /** When the beat was heard, by this process's clock: those of other hosts may differ. */
  readonly heardAt: number;
  /** When it was first heard, by the same clock. */
  readonly since: number;
}

export interface ServiceRoll {
  readonly service: ServiceName;
  readonly alive: readonly Instance[];
  /** Fell silent without a last word, lately, and no other has taken its place. */
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

/** How long a process that fell silent is still reported while others of its service live and none takes its place. */
const mournMs = 60_000;

/** Each newcomer takes the place of one that fell silent before it was heard. */
const unreplaced = (dead: readonly Instance[], newcomers: readonly Instance[]): Instance[] => {
  const free = [...newcomers];
  return dead.filter(({ heardAt }) => {
    const place = free.findIndex(({ since }) => since > heardAt);
    if (place !== -1) free.splice(place, 1);
    return place === -1;
  });
};

export const rollCall = (staleMs: number): RollCall => {
  const instances = new Map<string, Instance>();
  let listeningSince = Number.NEGATIVE_INFINITY;
  const silence = ({ heardAt }: Instance, now: number) => now - Math.max(heardAt, listeningSince);
  return {
    hear: (beat, now) => {
      if (beat.state === 'stopped') instances.delete(beat.instance);
      else {
        const since = instances.get(beat.instance)?.since ?? now;
        instances.set(beat.instance, { beat, heardAt: now, since });
      }
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
        const alive = own.filter((instance) => silence(instance, now) <= staleMs);
        const dead = own.filter((instance) => silence(instance, now) > staleMs);
        // One that dies again and again takes nobody's place.
        const newcomers = alive.filter(({ since }) => now - since > staleMs);
        return { service, alive, dead: unreplaced(dead, newcomers) };
      });
    },
  };
};
