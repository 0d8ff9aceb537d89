import type { ComponentProps, MouseEvent } from 'react';
import { navigate } from '../state/location.ts';
import { routeHref } from '../state/route.ts';
import type { Route } from '../state/route.ts';

interface LinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  readonly to: Exclude<Route, { page: 'not-found' }>;
}

/** A link within the page; other tabs and windows open it as any link. */
export const Link = ({ to, onClick, ...rest }: LinkProps) => {
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const otherwise = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (event.defaultPrevented || otherwise) return;
    event.preventDefault();
    navigate(to);
  };
  return <a {...rest} href={routeHref(to)} onClick={follow} />;
};
