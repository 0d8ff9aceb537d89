import { lanes, taskStates } from '@backend2/contracts';
import { useEffect, useState } from 'react';
import { navigate } from '../state/location.ts';
import type { TaskFilters } from '../state/route.ts';
import { useServices } from '../state/services.ts';
import { openTaskList } from '../state/task-list.ts';
import type { TaskList } from '../state/task-list.ts';
import { useStore } from '../state/use-store.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icons.tsx';
import { Link } from '../ui/link.tsx';
import { Notice } from '../ui/notice.tsx';
import { stateNames } from '../ui/state-chip.tsx';
import { useInterval } from '../ui/use-interval.ts';
import { TaskRows } from './task-rows.tsx';
import './tasks.css';

const laneOptions = lanes.map((lane) => ({ value: lane, label: lane }));
const stateOptions = taskStates.map((state) => ({ value: state, label: stateNames[state] }));

export const TasksPage = ({ filters }: { filters: TaskFilters }) => {
  const { api } = useServices();
  const key = JSON.stringify(filters);
  const [list, setList] = useState<TaskList | null>(null);
  useEffect(() => {
    const opened = openTaskList(api, JSON.parse(key) as TaskFilters);
    setList(opened);
    void opened.refresh();
  }, [api, key]);

  return (
    <>
      <div className="page-head">
        <h1>Tasks</h1>
        <Link to={{ page: 'new-task' }} className="button primary">
          <Icon name="plus" />
          New task
        </Link>
      </div>
      <Filters filters={filters} />
      {list === null ? <TaskRows tasks={null} /> : <Listed list={list} filters={filters} />}
    </>
  );
};

const Listed = ({ list, filters }: { list: TaskList; filters: TaskFilters }) => {
  const { tasks, failure, nextCursor, loadingMore } = useStore(list.state);
  useInterval(() => {
    if (list.moving()) void list.refresh();
  }, 2000);
  useInterval(() => void list.refresh(), 15_000);

  const filtered = Object.keys(filters).length > 0;
  return (
    <>
      {failure !== null && (
        <Notice tone="bad" action={<Button onClick={() => void list.refresh()}>Try again</Button>}>
          {failure}
        </Notice>
      )}
      {tasks?.length === 0 ? <Nothing filtered={filtered} /> : <TaskRows tasks={tasks} />}
      {nextCursor !== null && (
        <div className="more">
          <Button onClick={() => void list.more()} disabled={loadingMore}>
            {loadingMore ? 'Loading…' : 'Show older tasks'}
          </Button>
        </div>
      )}
    </>
  );
};

const Nothing = ({ filtered }: { filtered: boolean }) =>
  filtered ? (
    <div className="empty">
      <h2>No task matches</h2>
      <Link to={{ page: 'tasks', filters: {} }}>Clear the filters</Link>
    </div>
  ) : (
    <div className="empty">
      <h2>No tasks yet</h2>
      <p>
        A task takes one input with placeholders and a few variables, runs every combination, and fills a
        matrix you can look through, rate and export.
      </p>
      <Link to={{ page: 'new-task' }} className="button primary">
        Start from an example
      </Link>
    </div>
  );

const Filters = ({ filters }: { filters: TaskFilters }) => {
  const go = (change: Partial<Record<keyof TaskFilters, string | undefined>>): void => {
    const merged = Object.entries({ ...filters, ...change }).filter(
      ([, value]) => value !== undefined && value !== '',
    );
    navigate({ page: 'tasks', filters: Object.fromEntries(merged) as TaskFilters }, { replace: true });
  };
  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <div className="search">
        <Icon name="search" />
        <input
          className="input"
          type="search"
          aria-label="Search by name"
          placeholder="Search by name"
          defaultValue={filters.search ?? ''}
          onChange={(event) => go({ search: event.target.value })}
        />
      </div>
      <Choice
        label="State"
        all="Any state"
        value={filters.status}
        options={stateOptions}
        onChange={(status) => go({ status })}
      />
      <Choice
        label="Lane"
        all="Both lanes"
        value={filters.lane}
        options={laneOptions}
        onChange={(lane) => go({ lane })}
      />
    </form>
  );
};

interface ChoiceProps {
  readonly label: string;
  readonly all: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string | undefined) => void;
}

const Choice = ({ label, all, value = '', options, onChange }: ChoiceProps) => (
  <select
    className="input"
    aria-label={label}
    value={value}
    onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
  >
    <option value="">{all}</option>
    {options.map((option) => (
      <option key={option.value} value={option.value}>
        {option.label}
      </option>
    ))}
  </select>
);
