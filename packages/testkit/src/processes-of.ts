import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/**
 * The ids of the living processes of this machine, this one apart, that work in the folder or whose command line or
 * environment names it. Redis writes its title over both of these, but works in its folder.
 */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return [
        readlinkSync(`/proc/${pid}/cwd`),
        readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
        readFileSync(`/proc/${pid}/environ`, 'utf8'),
      ].some((text) => text.includes(folder));
    } catch {
      return false; // gone meanwhile, or another user's
    }
  });
}
