import { healthStatuses, lanes, type HealthView } from '@backend2/contracts';
import { metricNames, type Metrics } from '@backend2/service-kit';
import type { RollCall } from './domain/roll-call.ts';
import { worst } from './domain/verdict.ts';

/** Sets the gauges that alerts are made of from each verdict. */
export const healthMetrics = (metrics: Metrics, roll: RollCall): ((view: HealthView) => void) => {
  const system = metrics.gauge(metricNames.systemStatus, '0 pass, 1 warn, 2 fail');
  const component = metrics.gauge(metricNames.componentStatus, '0 pass, 1 warn, 2 fail', ['component']);
  const instances = metrics.gauge(metricNames.serviceInstances, 'Live processes', ['target']);
  const slots = metrics.gauge(metricNames.laneSlots, 'Slots of the live workers', ['lane']);
  const busy = metrics.gauge(metricNames.laneBusy, 'Slots at work', ['lane']);
  return (view) => {
    system.set(healthStatuses.indexOf(view.status));
    component.reset();
    for (const [key, checks] of Object.entries(view.checks)) {
      component.set({ component: key }, healthStatuses.indexOf(worst(checks.map(({ status }) => status))));
    }
    const rolls = roll.call(performance.now());
    for (const { service, alive } of rolls) instances.set({ target: service }, alive.length);
    const work = rolls.flatMap(({ alive }) => alive.flatMap(({ beat }) => (beat.work ? [beat.work] : [])));
    for (const lane of lanes) {
      const own = work.filter((slot) => slot.lane === lane);
      slots.set(
        { lane },
        own.reduce((sum, slot) => sum + slot.slots, 0),
      );
      busy.set(
        { lane },
        own.reduce((sum, slot) => sum + slot.busy, 0),
      );
    }
  };
};
