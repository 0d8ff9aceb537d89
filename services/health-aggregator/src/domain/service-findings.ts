import { lanes, type HealthStatus } from '@backend2/contracts';
import { finding, type Finding } from './finding.ts';
import type { Instance, RollCall, ServiceRoll } from './roll-call.ts';

interface Opinion {
  readonly status: HealthStatus;
  readonly output?: string;
}

/** What a live process says of itself: it works when it is ready and no dependency it needs fails. */
const ownOpinion = ({ beat }: Instance): Opinion => {
  if (beat.state !== 'ready') return { status: 'fail', output: `it is ${beat.state}` };
  const unwell = beat.checks.filter(({ status }) => status !== 'pass');
  if (unwell.length === 0) return { status: 'pass' };
  return {
    status: unwell.some(({ status }) => status === 'fail') ? 'fail' : 'warn',
    output: unwell.map(({ name, output }) => `${name}: ${output ?? 'fails'}`).join('; '),
  };
};

const processFindings = ({ service, alive, dead }: ServiceRoll, early: boolean, at: Date): Finding[] => {
  const key = `${service}:processes`;
  const opinions = alive.map((instance) => ({ instance, opinion: ownOpinion(instance) }));
  const working = opinions.some(({ opinion }) => opinion.status !== 'fail');
  /** What one process cannot do is a warning while another of its service can. */
  const weighed = (status: HealthStatus): HealthStatus => (status === 'fail' && working ? 'warn' : status);
  if (alive.length + dead.length === 0) {
    const [status, output]: [HealthStatus, string] = early
      ? ['warn', `${service} was not heard of yet`]
      : ['fail', `no ${service} is running`];
    return [finding(key, status, at, { componentType: 'component', output })];
  }
  return [
    ...opinions.map(({ instance: { beat }, opinion }) =>
      finding(key, weighed(opinion.status), at, {
        componentId: beat.instance,
        componentType: 'component',
        ...(opinion.output !== undefined && { output: opinion.output }),
      }),
    ),
    ...dead.map(({ beat }) =>
      finding(key, weighed('fail'), at, {
        componentId: beat.instance,
        componentType: 'component',
        output: 'it fell silent',
      }),
    ),
  ];
};

/**
 * A service of which no process works fails: none is there, or none is ready, or each finds a dependency it needs
 * failing. A process that does not work beside one that does is a warning.
 */
export const serviceFindings = (roll: RollCall, now: number, at: Date): Finding[] => {
  const rolls = roll.call(now);
  const work = rolls.flatMap(({ alive }) => alive.flatMap(({ beat }) => (beat.work ? [beat.work] : [])));
  const slots = lanes.flatMap((lane) => {
    const own = work.filter((slot) => slot.lane === lane);
    if (own.length === 0) return [];
    const sum = (of: 'slots' | 'busy') => own.reduce((total, slot) => total + slot[of], 0);
    return [
      finding(`${lane}-lane:slots`, 'pass', at, { observedValue: sum('slots'), observedUnit: 'slots' }),
      finding(`${lane}-lane:busy`, 'pass', at, { observedValue: sum('busy'), observedUnit: 'slots' }),
    ];
  });
  return [...rolls.flatMap((service) => processFindings(service, roll.isEarly(now), at)), ...slots];
};
