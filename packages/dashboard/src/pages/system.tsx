import type { HealthStatus } from '@backend2/contracts';
import { useCallback } from 'react';
import { componentsOf } from '../state/components.ts';
import type { Component, Observation } from '../state/components.ts';
import { useServices } from '../state/services.ts';
import { formatAgo } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import { useAnswer } from '../ui/use-answer.ts';
import { useInterval } from '../ui/use-interval.ts';
import { useNow } from '../ui/use-now.ts';
import './system.css';

const verdicts: Record<HealthStatus, string> = {
  pass: 'Everything works',
  warn: 'Working, with something to look at',
  fail: 'Something is down',
};
const names: Record<HealthStatus, string> = { pass: 'OK', warn: 'Warning', fail: 'Down' };

export const SystemPage = () => {
  const { api } = useServices();
  const { answer: health, failure, ask } = useAnswer(useCallback(() => api.health(), [api]));
  const now = useNow(1000);
  useInterval(() => void ask(), 5000);

  return (
    <>
      <div className="page-head">
        <h1>System</h1>
        {health?.version !== undefined && <span className="quiet small">version {health.version}</span>}
      </div>
      {failure !== null && <Notice tone="bad">{failure}</Notice>}
      {health !== null && (
        <>
          <p className={`verdict is-${health.status}`} role="status">
            <span className="state-dot" aria-hidden="true" />
            {verdicts[health.status]}
            {health.output !== undefined && <span className="quiet">{health.output}</span>}
          </p>
          <ul className="components">
            {componentsOf(health).map((component) => (
              <ComponentCard key={component.name} component={component} now={now} />
            ))}
          </ul>
        </>
      )}
    </>
  );
};

const ComponentCard = ({ component, now }: { component: Component; now: number }) => (
  <li className={`component is-${component.status}`}>
    <header>
      <h2>{component.name}</h2>
      <span className={`state-chip is-${component.status}`}>
        <span className="state-dot" aria-hidden="true" />
        {names[component.status]}
      </span>
    </header>
    <ul>
      {component.observations.map((observation, index) => (
        <ObservationRow
          key={`${observation.measurement} ${observation.componentId ?? index}`}
          observation={observation}
          now={now}
        />
      ))}
    </ul>
  </li>
);

const ObservationRow = ({ observation, now }: { observation: Observation; now: number }) => {
  const { measurement, componentId, observedValue, observedUnit, status, time, output } = observation;
  return (
    <li className={`observation is-${status}`}>
      <span className="state-dot" aria-hidden="true" />
      <span className="observation-name">
        {measurement || 'state'}
        {componentId !== undefined && <span className="quiet"> {componentId}</span>}
        <span className="visually-hidden"> {names[status]}</span>
      </span>
      <span className="figures" title={`seen ${formatAgo(time, now)}`}>
        {observedValue}
        {observedUnit !== undefined && <span className="quiet"> {observedUnit}</span>}
      </span>
      {output !== undefined && <p>{output}</p>}
    </li>
  );
};
