import type { Finish } from '../style-words.ts';
import type { Finisher } from './finish.ts';
import { line } from './line.ts';
import { neon } from './neon.ts';
import { oil } from './oil.ts';
import { paperCut } from './paper-cut.ts';
import { photo } from './photo.ts';
import { pixel } from './pixel.ts';
import { silk } from './silk.ts';
import { watercolour } from './watercolour.ts';

export const finishers: Readonly<Record<Finish, Finisher>> = {
  silk,
  'paper-cut': paperCut,
  line,
  neon,
  watercolour,
  pixel,
  oil,
  photo,
};
