import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ContenderName } from './contender.ts';
import type { PeerAnswer, PeerReply, PeerRequest, Role } from './peer-protocol.ts';

/** A process of its own with one contender in it. */
export class Peer {
  readonly #child: ChildProcess;
  #pending: { resolve: (answer: PeerAnswer) => void; reject: (error: Error) => void } | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message: PeerReply) => {
      const pending = this.#pending;
      this.#pending = undefined;
      if (message.ok) pending?.resolve(message.answer);
      else pending?.reject(new Error(message.error));
    });
    child.on('exit', (code, signal) => {
      this.#pending?.reject(new Error(`a process of the bench ended early (${signal ?? code})`));
    });
  }

  static async open(contender: ContenderName, redisUrl: string, role: Role): Promise<Peer> {
    const child = fork(fileURLToPath(new URL('peer-process.ts', import.meta.url)), {
      execArgv: ['--conditions=@backend2/source', ...profileArguments(contender, role)],
      serialization: 'advanced',
    });
    const peer = new Peer(child);
    await peer.ask({ do: 'open', contender, redisUrl, role });
    return peer;
  }

  /** One at a time. */
  ask(request: PeerRequest): Promise<PeerAnswer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#child.send(request, (error) => {
        if (error) reject(error);
      });
    });
  }

  async close(): Promise<void> {
    try {
      await this.ask({ do: 'close' });
    } finally {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      if (this.#child.exitCode === null && this.#child.signalCode === null) {
        this.#child.disconnect();
        await gone;
      }
    }
  }
}

/** `BENCH_CPU_PROFILES=<folder>` leaves a CPU profile of each process there. */
const profileArguments = (contender: ContenderName, role: Role): string[] => {
  const folder = process.env['BENCH_CPU_PROFILES'];
  if (folder === undefined) return [];
  return [
    '--cpu-prof',
    `--cpu-prof-dir=${folder}`,
    `--cpu-prof-name=${contender}-${role}-${Date.now()}.cpuprofile`,
  ];
};
