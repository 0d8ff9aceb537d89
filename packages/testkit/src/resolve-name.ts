import dns, { type LookupAddress, type LookupAllOptions } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIPv4 } from 'node:net';
import type { TestScope } from './test-scope.ts';

/**
 * Has a name resolve to one address after another in this process, a look-up each; the last one stays. Only for tests
 * that run alone in their file.
 */
export const resolveName = (t: TestScope, name: string, addresses: readonly string[]): void => {
  const { lookup } = dns;
  const waiting = [...addresses];
  const answer = (): LookupAddress => {
    const [address = ''] = waiting.length > 1 ? waiting.splice(0, 1) : waiting;
    return { address, family: isIPv4(address) ? 4 : 6 };
  };
  const resolve = (
    hostname: string,
    options: LookupAllOptions,
    callback: (error: Error | null, addresses: LookupAddress[]) => void,
  ): void => {
    if (hostname === name) queueMicrotask(() => callback(null, [answer()]));
    else lookup(hostname, options, callback);
  };
  const put = (implementation: unknown): void => {
    Object.assign(dns, { lookup: implementation });
    syncBuiltinESMExports();
  };
  put(resolve);
  t.teardown(() => put(lookup));
};
