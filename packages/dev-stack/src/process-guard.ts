import { type ChildProcess, spawn } from 'node:child_process';

// Waits until its standard input closes, which the kernel sees to however this process ends.
const script = `
cat >/dev/null
kill -s "$2" -- "$1" 2>/dev/null
i=0
while kill -0 -- "$1" 2>/dev/null && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
kill -s KILL -- "-$1" 2>/dev/null
[ -n "$3" ] && rm -rf -- "$3"
exit 0
`;

export interface ProcessGuard {
  /** Lets the process live on; call it once the process has ended, before its id is used again. */
  release(): void;
}

export interface GuardOptions {
  /** The leader of a process group; what is left of the group after it is killed. */
  readonly pid: number;
  readonly signal: NodeJS.Signals;
  /** Removed after the process has ended, when the guard had to end it. */
  readonly removeFolder?: string;
}

/** Ends a process when this one dies, even by SIGKILL: a tiny shell waits at the other end of a pipe. */
export function guardProcess({ pid, signal, removeFolder }: GuardOptions): ProcessGuard {
  const guard: ChildProcess = spawn(
    '/bin/sh',
    ['-c', script, 'backend2-guard', String(pid), signal.replace(/^SIG/, ''), removeFolder ?? ''],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  );
  // A guard that cannot start leaves the pid file as the second line of defence.
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  (guard.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return {
    release: () => {
      guard.kill('SIGKILL');
      guard.stdin?.destroy();
    },
  };
}
