import { choosePort } from '../choose-port.ts';

// Chooses the port that is asked for as a user who may not have the low ones.

if (process.getuid?.() === 0) process.setuid?.(65534);
try {
  process.stdout.write(String(await choosePort(Number(process.argv[2]), () => undefined)));
} catch (error) {
  process.stdout.write(String(error));
}
