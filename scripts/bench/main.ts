import { parseArgs } from 'node:util';
import { benchEngine } from './engine/bench-engine.ts';
import { benchStreams } from './streams/bench-streams.ts';
import { benchSweep } from './sweep/bench-sweep.ts';

// pnpm bench streams|sweep|engine [--quick]: runs the peers beside us in one go, prints what came of it and, unless it was
// the quick run, writes it into docs/performance.md.

const usage = `pnpm bench streams   the stream engine beside bare streams, BullMQ and bee-queue
pnpm bench sweep     a task through the public API to rows in Postgres, beside BullMQ alone
pnpm bench engine    pictures of the built-in engine
  --quick            small counts, in a minute; writes nothing`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const [what, ...more] = positionals;
const extent = values.quick ? 'quick' : 'full';
const say = (line: string) => console.log(line);
if (more.length > 0) {
  say(usage);
  process.exit(2);
}
switch (what) {
  case 'streams':
    await benchStreams({ extent, say });
    break;
  case 'sweep':
    await benchSweep({ extent, say });
    break;
  case 'engine':
    await benchEngine({ extent, say });
    break;
  default:
    say(usage);
    process.exit(2);
}
