/** Host, port and database of a URL, without user and password. */
export const serverName = (url: string): string => {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || '5432'}${pathname}`;
};
