import { parseRoute, routeHref } from './route.ts';
import type { Route } from './route.ts';
import { createStore } from './store.ts';

const here = (): Route => parseRoute(new URL(window.location.href));

/** Where the page is; follows the browser's back and forward. */
export const location = createStore<Route>(here());

window.addEventListener('popstate', () => location.set(here()));

/** `replace` for what no one wants to step back through, such as a slider's every move. */
export const navigate = (
  route: Exclude<Route, { page: 'not-found' }>,
  options: { readonly replace?: boolean } = {},
): void => {
  const href = routeHref(route);
  const pageChanges = route.page !== location.get().page;
  if (options.replace === true) window.history.replaceState(null, '', href);
  else window.history.pushState(null, '', href);
  location.set(here());
  if (pageChanges) window.scrollTo(0, 0);
};
