import { existsSync } from 'node:fs';
import { installDebianPackage, StackError } from '@backend2/dev-stack';
import { type Browser, chromium } from 'playwright-core';

/** The Chromium that tests of the page run in: `CHROMIUM_PATH`, or where packages put it. Undefined where there is none. */
export const findChromium = (): string | undefined =>
  [
    process.env['CHROMIUM_PATH'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path !== undefined && existsSync(path));

/** Installs Debian's Chromium where there is none and it may; without one, tests of the page are skipped and say so. */
export const provideChromium = async (say: (line: string) => void): Promise<void> => {
  if (findChromium() !== undefined) return;
  try {
    await installDebianPackage('chromium', say);
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    say(error.message);
  }
};

/** The caller closes it. */
export const launchChromium = (path: string): Promise<Browser> =>
  chromium.launch({
    executablePath: path,
    args: [
      '--no-sandbox', // root has none, and the pages are our own
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
