import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Says who listens on a TCP port, such as `node (process 4711)`. Undefined where that cannot be found out. */
export function portOwner(port: number): string | undefined {
  const pid = process.platform === 'linux' ? linuxOwner(port) : lsofOwner(port);
  if (pid === undefined) return undefined;
  const name = process.platform === 'linux' ? readText(`/proc/${pid}/comm`)?.trim() : undefined;
  return name === undefined ? `process ${pid}` : `${name} (process ${pid})`;
}

function lsofOwner(port: number): number | undefined {
  try {
    const found = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number.parseInt(found, 10) || undefined;
  } catch {
    return undefined;
  }
}

function linuxOwner(port: number): number | undefined {
  const sockets = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(readText(table) ?? '', port)),
  );
  if (sockets.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let handles: string[];
    try {
      handles = readdirSync(`/proc/${pid}/fd`);
    } catch {
      continue; // another user's, or gone meanwhile
    }
    if (handles.some((handle) => sockets.has(readLink(`/proc/${pid}/fd/${handle}`)))) return Number(pid);
  }
  return undefined;
}

function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listening = '0A';
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(wanted) && state === listening)
    .map((fields) => `socket:[${fields[9] ?? ''}]`);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
