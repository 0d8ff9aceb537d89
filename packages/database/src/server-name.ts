import { serverUrls } from './server-urls.ts';

/** Host, port and database of a URL, without user and password; the hosts of several by commas. */
export const serverName = (url: string): string => {
  const servers = serverUrls(url).map((server) => new URL(server));
  const hosts = servers.map(({ hostname, port }) => `${hostname}:${port || '5432'}`);
  return `${hosts.join(',')}${servers[0]?.pathname ?? ''}`;
};
