import type { ReactNode } from 'react';
import type { UserView } from '@backend2/contracts';
import { location, navigate } from '../state/location.ts';
import { useServices } from '../state/services.ts';
import { useStore } from '../state/use-store.ts';
import { Link } from './link.tsx';
import { Logo } from './logo.tsx';
import { Menu } from './menu.tsx';
import { say } from './toasts.tsx';
import './shell.css';

export const Shell = ({ user, children }: { user: UserView; children: ReactNode }) => {
  const route = useStore(location);
  const { session } = useServices();
  const current = (here: boolean) => (here ? ({ 'aria-current': 'page' } as const) : {});
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="top">
        <Link to={{ page: 'tasks', filters: {} }} className="brand" aria-label="Backend2, all tasks">
          <Logo />
          <span>Backend2</span>
        </Link>
        <nav aria-label="Main">
          <Link
            to={{ page: 'tasks', filters: {} }}
            {...current(route.page === 'tasks' || route.page === 'task' || route.page === 'new-task')}
          >
            Tasks
          </Link>
          <Link to={{ page: 'schedules' }} {...current(route.page === 'schedules')}>
            Schedules
          </Link>
          <Link to={{ page: 'system' }} {...current(route.page === 'system')}>
            System
          </Link>
        </nav>
        <Menu
          label={user.name}
          look="quiet"
          icon="down"
          items={[
            { label: 'API keys', onChoose: () => navigate({ page: 'keys' }) },
            {
              label: 'Sign out',
              hint: user.email,
              onChoose: () =>
                void session.signOut().catch(() => say('Signed out here; the server did not answer.', 'bad')),
            },
          ]}
        />
      </header>
      <main id="main" tabIndex={-1} className={`page-${route.page}`}>
        {children}
      </main>
    </>
  );
};
