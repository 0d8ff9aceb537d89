const several = /^(postgres(?:ql)?:\/\/)((?:[^@/?]*@)?)([^/?@]*)(.*)$/;

/**
 * The servers of a URL, each as a URL of its own: `postgres://user:password@one:5432,two:5432/db` is libpq's form for
 * servers of which one is the primary. `target_session_attrs` may stand in it and changes nothing: it is always read-write.
 */
export const serverUrls = (url: string): string[] => {
  const [, scheme = '', login = '', hosts = '', rest = ''] = several.exec(url) ?? [];
  if (!hosts.includes(',')) return [url];
  return hosts.split(',').map((host) => {
    const single = `${scheme}${login}${host.trim()}${rest}`;
    if (!URL.canParse(single)) return single;
    const one = new URL(single);
    one.searchParams.delete('target_session_attrs');
    return one.href;
  });
};
