import { installDebianPackage } from './debian-package.ts';
import { findRedis, howToInstallRedis } from './redis-binary.ts';
import { StackError } from './stack-error.ts';

/** Returns the server on PATH, after installing Debian's package where that may be done. */
export async function findOrInstallRedis(say: (line: string) => void): Promise<string> {
  const found = findRedis();
  if (found !== undefined) return found;
  try {
    if (!(await installDebianPackage('redis-server', say))) {
      throw new StackError('There is no Redis here.');
    }
  } catch (cause) {
    throw new StackError(`${(cause as Error).message}\n${howToInstallRedis}`, { cause });
  }
  const installed = findRedis();
  if (installed === undefined) throw new StackError(`redis-server is not on PATH. ${howToInstallRedis}`);
  return installed;
}
