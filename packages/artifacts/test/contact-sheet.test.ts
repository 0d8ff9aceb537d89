import test from 'ava';
import sharp from 'sharp';
import { contactSheet, type SheetCell } from '../src/index.ts';

const picture = (background: string, width = 64, height = 64) =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

const coloursOf = async (png: Uint8Array) => {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const seen = new Map<string, number>();
  for (let at = 0; at < data.length; at += info.channels) {
    const colour = data.subarray(at, at + 3).toString('hex');
    seen.set(colour, (seen.get(colour) ?? 0) + 1);
  }
  return { seen, ...info };
};

test('every picture of every group is drawn once, each at the same size', async (t) => {
  const colours = [
    ['ff0000', '00ff00', '0000ff'],
    ['ff00ff', '00ffff', 'ffff00'],
  ];
  const second = [
    ['800000', '008000', '000080'],
    ['800080', '008080', '808000'],
  ];
  const groupOf = (table: string[][], heading: string) => ({
    heading,
    cell: (row: number, column: number): Promise<SheetCell> => picture(`#${table[row]?.[column]}`),
  });
  const png = await contactSheet({
    title: 'Six and six',
    columns: ['one', 'two', 'three'],
    rows: ['first', 'second'],
    groups: [groupOf(colours, 'seed 1'), groupOf(second, 'seed 2')],
  });
  const { seen } = await coloursOf(png);
  const areas = [...colours, ...second].flat().map((colour) => seen.get(colour));
  t.deepEqual(new Set(areas), new Set([256 * 256]));
});

test('labels are really drawn, without any font of the system', async (t) => {
  const inkOf = async (label: string) => {
    const png = await contactSheet({
      title: 'T',
      columns: [label],
      rows: ['r'],
      groups: [{ cell: () => 'pending' }],
    });
    return (await coloursOf(png)).seen.get('1d2430') ?? 0;
  };
  t.true((await inkOf('a wide enough label')) > (await inkOf('a')) + 20);
});

test('states without a picture are drawn apart from each other, and a broken file as failed', async (t) => {
  const states: SheetCell[] = ['pending', 'running', 'failed', 'cancelled', new Uint8Array([1, 2, 3])];
  const grounds = await Promise.all(
    states.map(async (state) => {
      const png = await contactSheet({
        title: 'T',
        columns: ['c'],
        rows: ['r'],
        groups: [{ cell: () => state }],
      });
      const { seen } = await coloursOf(png);
      return [...seen]
        .filter(([, count]) => count > 40_000)
        .map(([colour]) => colour)
        .toSorted()
        .join();
    }),
  );
  t.is(new Set(grounds.slice(0, 4)).size, 4);
  t.is(grounds[4], grounds[2]);
});

test('hundreds of cells with very long labels stay within the limits', async (t) => {
  const long =
    'a label that goes on and on, as prompts do, with Straßenlaternen and donaudampfschifffahrtsgesellschaft '.repeat(
      4,
    );
  const cell = await picture('#335577');
  const columns = Array.from({ length: 30 }, (_, i) => `${i} ${long}`);
  const png = await contactSheet({
    title: long,
    subtitle: long,
    columnAxis: 'prompt',
    rowAxis: 'seed',
    columns,
    rows: columns.slice(0, 20),
    groups: [{ cell: () => cell }],
    maxSide: 4000,
  });
  const { width, height } = await sharp(png).metadata();
  t.true(width <= 4000 && height <= 4000 && width > 1000, `${width}x${height}`);
});

test('a sheet that cannot fit is refused and says what to do', async (t) => {
  const many = Array.from({ length: 1000 }, (_, i) => String(i));
  await t.throwsAsync(
    contactSheet({ title: 'T', columns: many, rows: many, groups: [{ cell: () => 'pending' }] }),
    { instanceOf: RangeError, message: /fix a variable/ },
  );
});

test('wide pictures get wide cells and are not cropped', async (t) => {
  const png = await contactSheet({
    title: 'T',
    columns: ['c'],
    rows: ['r'],
    groups: [{ cell: () => picture('#123456', 320, 180) }],
    aspect: 16 / 9,
  });
  const { seen } = await coloursOf(png);
  t.is(seen.get('123456'), 256 * 144);
});
