import { StackError, freePort, isPortFree, portOwner } from '@backend2/dev-stack';

const usual = 8000;

/** A port asked for must be free; the usual one may give way to another. */
export async function choosePort(asked: number | undefined, say: (line: string) => void): Promise<number> {
  if (asked === 0) return freePort();
  if (await isPortFree(asked ?? usual)) return asked ?? usual;
  const owner = portOwner(asked ?? usual) ?? 'another program';
  if (asked !== undefined) {
    throw new StackError(`Port ${asked} is taken by ${owner}: stop that, or choose another with --port.`);
  }
  const port = await freePort();
  say(`Port ${usual} is taken by ${owner}, so this runs on ${port}; --port chooses one`);
  return port;
}
