/** A finishing pass over linear light: a bloom around what is bright, gentle contrast, darker corners. */
export function polishLight(light: Float32Array, width: number, height: number): void {
  const cell = Math.max(4, Math.round(Math.sqrt(width * height) / 96));
  const columns = Math.ceil(width / cell) + 1;
  const rows = Math.ceil(height / cell) + 1;
  const bloom = brightSpots(light, width, height, cell, columns, rows);
  for (let pass = 0; pass < 3; pass++) blur(bloom, columns, rows);

  const scale = Math.sqrt(width * height) / 2;
  for (let y = 0; y < height; y++) {
    const v = (y - height / 2) / scale;
    const gridY = Math.max(0, y / cell - 0.5);
    const top = Math.min(rows - 2, Math.floor(gridY));
    const t = gridY - top;
    for (let x = 0; x < width; x++) {
      const u = (x - width / 2) / scale;
      const corner = 1 - 0.13 * Math.min(2, u * u + v * v);
      const gridX = Math.max(0, x / cell - 0.5);
      const left = Math.min(columns - 2, Math.floor(gridX));
      const s = gridX - left;
      const from = (top * columns + left) * 3;
      const to = from + columns * 3;
      const at = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = bloom[from + channel]! * (1 - s) + bloom[from + 3 + channel]! * s;
        const lower = bloom[to + channel]! * (1 - s) + bloom[to + 3 + channel]! * s;
        const value = (light[at + channel]! + 0.4 * (upper * (1 - t) + lower * t)) * corner;
        const held = Math.min(1, value);
        light[at + channel] = held + 0.22 * (held * held * (3 - 2 * held) - held);
      }
    }
  }
}

function brightSpots(
  light: Float32Array,
  width: number,
  height: number,
  cell: number,
  columns: number,
  rows: number,
): Float32Array {
  const sums = new Float32Array(columns * rows * 3);
  const share = 1 / (cell * cell);
  for (let y = 0; y < height; y++) {
    const line = Math.floor(y / cell) * columns;
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const to = (line + Math.floor(x / cell)) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const over = light[at + channel]! - 0.5;
        if (over > 0) sums[to + channel]! += over * share;
      }
    }
  }
  return sums;
}

function blur(grid: Float32Array, columns: number, rows: number): void {
  const source = grid.slice();
  const read = (x: number, y: number, channel: number) =>
    source[
      (Math.min(rows - 1, Math.max(0, y)) * columns + Math.min(columns - 1, Math.max(0, x))) * 3 + channel
    ]!;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const cross =
          read(x - 1, y, channel) +
          read(x + 1, y, channel) +
          read(x, y - 1, channel) +
          read(x, y + 1, channel);
        grid[(y * columns + x) * 3 + channel] = 0.36 * read(x, y, channel) + 0.16 * cross;
      }
    }
  }
}
