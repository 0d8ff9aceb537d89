import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createEngine, type ImageFormat } from '@backend2/engines';
import { figure, machine, table, writeSection } from '../report.ts';
import { median } from '../streams/statistics.ts';

export interface EngineBenchOptions {
  /** `full` is written into docs/performance.md. */
  readonly extent: 'full' | 'quick';
  readonly say: (line: string) => void;
}

const side = 1024;
const prompts = [
  'a lighthouse at dusk, stormy sea',
  'neon city in the rain, cyberpunk',
  'a quiet forest of birches in autumn, watercolour',
  'portrait of an old fisherman, charcoal',
  'desert dunes under a green moon, minimalist',
  'x',
];
const rounds = { full: 5, quick: 1 } as const;

interface Drawn {
  /** Of all threads, milliseconds. */
  readonly processor: number;
  readonly loopDelay: number;
}

/** What the built-in engine takes of one core for a picture, and what the process's event loop notices of it. */
export const benchEngine = async ({ extent, say }: EngineBenchOptions): Promise<void> => {
  const engine = createEngine({ kind: 'builtin' });
  const draw = async (prompt: string, format: ImageFormat, seed: number): Promise<Drawn> => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const before = process.cpuUsage();
    await engine.generate(
      { prompt, width: side, height: side, seed, format, metadata: {} },
      { signal: new AbortController().signal },
    );
    const { user, system } = process.cpuUsage(before);
    delay.disable();
    return { processor: (user + system) / 1000, loopDelay: delay.percentile(99) / 1e6 };
  };
  const rowOf = async (format: ImageFormat): Promise<readonly string[]> => {
    await draw('warm', format, 0);
    const drawn: Drawn[] = [];
    for (let seed = 1; seed <= rounds[extent]; seed += 1)
      for (const prompt of prompts) drawn.push(await draw(prompt, format, seed));
    const of = (what: keyof Drawn) => drawn.map((each) => each[what]);
    return [
      `${format}, ${side} x ${side}`,
      `${figure(Math.min(...of('processor')))} ms`,
      `${figure(median(of('processor')))} ms`,
      `${figure(Math.max(...of('processor')))} ms`,
      `${figure(median(of('loopDelay')))} ms`,
    ];
  };
  try {
    const rows = [await rowOf('png'), await rowOf('webp')];
    const head = ['', 'processor time, least', 'median', 'most', 'event loop late by, p99'];
    const what = `\`pnpm bench engine\`: ${machine()}; ${prompts.length} prompts, ${rounds[extent]} seeds each.`;
    const report = `${what}\n\n${table(head, rows)}`;
    say(report);
    if (extent === 'full') writeSection('engine', report);
  } finally {
    await engine.close();
  }
};
