import type { UserView } from '@backend2/contracts';
import { useEffect } from 'react';
import { KeysPage } from './pages/keys.tsx';
import { NewTaskPage } from './pages/new-task.tsx';
import { SchedulesPage } from './pages/schedules.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { SystemPage } from './pages/system.tsx';
import { TaskPage } from './pages/task.tsx';
import { TasksPage } from './pages/tasks.tsx';
import { location } from './state/location.ts';
import type { Route } from './state/route.ts';
import { ServicesContext } from './state/services.ts';
import type { PageSession } from './state/session.ts';
import { useStore } from './state/use-store.ts';
import { Button } from './ui/button.tsx';
import { Link } from './ui/link.tsx';
import { Shell } from './ui/shell.tsx';
import { Toasts } from './ui/toasts.tsx';

export const App = ({ session }: { session: PageSession }) => {
  useEffect(() => void session.resume(), [session]);
  return (
    <ServicesContext value={{ api: session.client, session }}>
      <Content session={session} />
      <Toasts />
    </ServicesContext>
  );
};

const Content = ({ session }: { session: PageSession }) => {
  const state = useStore(session.state);
  const route = useStore(location);
  switch (state.phase) {
    case 'asking':
      return null;
    case 'unreachable':
      return (
        <main className="empty">
          <h1>Backend2 does not answer</h1>
          <p>{state.reason}</p>
          <Button onClick={() => void session.resume()}>Try again</Button>
        </main>
      );
    case 'signed-out':
      return <SignInPage />;
    case 'signed-in':
      return (
        <Shell user={state.user}>
          <Page route={route} user={state.user} />
        </Shell>
      );
  }
};

const Page = ({ route, user }: { route: Route; user: UserView }) => {
  switch (route.page) {
    case 'tasks':
      return <TasksPage filters={route.filters} />;
    case 'new-task':
      return <NewTaskPage key={route.from} from={route.from} />;
    case 'task':
      return <TaskPage key={route.taskId} taskId={route.taskId} view={route.view} />;
    case 'system':
      return <SystemPage />;
    case 'keys':
      return <KeysPage isAdmin={user.role === 'admin'} />;
    case 'schedules':
      return <SchedulesPage />;
    case 'not-found':
      return (
        <div className="empty">
          <h1>There is no such page</h1>
          <Link to={{ page: 'tasks', filters: {} }}>All tasks</Link>
        </div>
      );
  }
};
