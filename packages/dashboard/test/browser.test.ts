import anyTest from 'ava';
import type { TestFn } from 'ava';
import { until } from '@backend2/testkit';
import { findChromium, launchChromium } from '@backend2/testkit/browser';
import type { Browser, Page } from 'playwright-core';
import { examples } from '../src/submission/examples.ts';
import { buildPage } from './build-page.ts';
import type { BuiltPage } from './build-page.ts';
import { startFakeApi } from './fake-api/start-fake-api.ts';
import type { FakeApi } from './fake-api/start-fake-api.ts';
import { openSignedIn } from './open-page.ts';

interface Context {
  page: BuiltPage;
  api: FakeApi;
  browser: Browser;
}
const test = anyTest as TestFn<Context>;
const chromiumPath = findChromium();
const inBrowser = chromiumPath === undefined ? test.serial.skip : test.serial;
const why =
  chromiumPath === undefined ? ' (skipped: no chromium found; install one or set CHROMIUM_PATH)' : '';
const sweep = examples[0]?.submission;

if (chromiumPath !== undefined) {
  let shared: Context | undefined;
  test.before(async () => {
    const page = await buildPage();
    const [api, browser] = await Promise.all([startFakeApi(page.folder), launchChromium(chromiumPath)]);
    shared = { page, api, browser };
  });
  test.beforeEach((t) => void Object.assign(t.context, shared));
  test.after.always(async () => {
    await shared?.browser.close();
    await shared?.api.close();
    await shared?.page.remove();
  });
}

const pictures = (page: Page): Promise<number> => page.locator('.cell img.whole').count();
const activeCell = (page: Page): Promise<string | null> =>
  page.locator('[role=gridcell][aria-selected=true]').getAttribute('aria-label');

inBrowser(`the matrix fills in as results arrive, and mends after the stream broke${why}`, async (t) => {
  const { api, browser } = t.context;
  const task = api.add(sweep);
  const { page, errors } = await openSignedIn(browser, api, `/tasks/${task.id}`);
  await page.getByRole('grid').waitFor();
  await until(() => api.hub.listeners === 1, { what: 'the page listening' });
  t.is(await pictures(page), 0);

  task.move([0, 3, 6], 'succeeded');
  await until(async () => (await pictures(page)) === 3, { what: 'three pictures' });
  await page.getByText('3 of 48').waitFor();

  api.hub.cut();
  task.move([9], 'succeeded');
  await until(async () => (await pictures(page)) === 4, {
    what: 'the picture that came while the stream was cut',
  });
  await page.getByText('Connection lost').waitFor({ state: 'detached' });
  t.deepEqual(
    errors.filter((error) => !error.includes('ERR_INCOMPLETE_CHUNKED_ENCODING')),
    [],
    'the page works under a strict content security policy',
  );
  await page.context().close();
});

inBrowser(
  `the keyboard walks the matrix, rates, opens and compares, and the link tells where one is${why}`,
  async (t) => {
    const { api, browser } = t.context;
    const task = api.add(sweep);
    task.move(
      Array.from({ length: 48 }, (_, ordinal) => ordinal),
      'succeeded',
    );
    const { page, errors } = await openSignedIn(browser, api, `/tasks/${task.id}`);
    const grid = page.getByRole('grid');
    await until(async () => (await pictures(page)) > 4, { what: 'pictures' });
    await grid.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    t.is(await activeCell(page), 'a fox in the snow, blue ink and wash: Succeeded');
    await page.keyboard.press('g');
    await until(async () => (await activeCell(page))?.endsWith('rated good'), { what: 'the rating shown' });
    await until(() => task.subtask(15).rating === 'good', { what: 'the rating kept' });

    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1024 × 1024').waitFor();
    t.regex(page.url(), /cell=15/);
    await page.keyboard.press('ArrowRight');
    await until(() => /cell=18/.test(page.url()), { what: 'the next cell in the link' });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    t.notRegex(page.url(), /cell=/);

    await page.keyboard.press('c');
    await page.keyboard.press('Home');
    await page.keyboard.press('c');
    await page.getByRole('dialog', { name: 'Compare two results' }).waitFor();
    t.regex(page.url(), /cell=12&against=18/);
    t.deepEqual(errors, []);
    await page.context().close();
  },
);

inBrowser(`beside the matrix stands how each value fared, and follows what happens${why}`, async (t) => {
  const { api, browser } = t.context;
  const task = api.add(sweep);
  const { page, errors } = await openSignedIn(browser, api, `/tasks/${task.id}`);
  await page.getByRole('grid').waitFor();
  task.move([0, 3, 6], 'succeeded');
  task.move([9], 'failed');
  await page.getByRole('button', { name: 'Summary' }).click();
  const summary = page.getByRole('complementary', { name: 'Summary' });
  const row = summary.getByRole('row').nth(1);
  await until(async () => /812 ms/.test(await row.innerText()), {
    what: 'the first value of the first axis',
  });
  t.is(await summary.getByRole('table').count(), task.detail.axes.length);
  t.regex(await row.innerText(), /\b1\b/, 'one of its cells has failed');
  task.rate(0, 'good');
  task.rate(3, 'good');
  await until(async () => /\b2\b/.test(await row.innerText()), { timeoutMs: 20_000, what: 'the ratings' });
  await page.getByRole('button', { name: 'Summary' }).click();
  await summary.waitFor({ state: 'detached' });
  t.deepEqual(errors, []);
  await page.context().close();
});

inBrowser(`an API key is made, shown once, and ended${why}`, async (t) => {
  const { api, browser } = t.context;
  const { page, errors } = await openSignedIn(browser, api, '/');
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByRole('menuitem', { name: 'API keys' }).click();
  await page.getByText('You have no API keys.').waitFor();
  await page.getByLabel('Name').fill('nightly sweep');
  t.is(await page.getByLabel('Administer').count(), 0, 'only an admin may give that away');
  await page.getByLabel('Change').uncheck();
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByText('b2k_abcdef-the-whole-of-it').waitFor();
  const row = page.getByRole('listitem').filter({ hasText: 'nightly sweep' });
  t.regex(await row.innerText(), /b2k_abcdef…[\s\S]*Read[\s\S]*never used/);
  t.notRegex(await row.innerText(), /Change/);
  await page.reload();
  await row.waitFor();
  t.is(await page.getByText('b2k_abcdef-the-whole-of-it').count(), 0);
  await row.getByRole('button', { name: 'End nightly sweep' }).click();
  await page.getByRole('button', { name: 'End it' }).click();
  await page.getByText('You have no API keys.').waitFor();
  t.deepEqual(errors, []);
  await page.context().close();
});

inBrowser(`of 10,000 cells only those in view exist, wherever one scrolls${why}`, async (t) => {
  const { api, browser } = t.context;
  const hundred = Array.from({ length: 100 }, (_, index) => index);
  const task = api.add({
    name: 'Hundred by hundred',
    kind: 'image.generate',
    input: { prompts: [{ value: '{{a}} {{b}}' }] },
    variables: [
      { name: 'a', values: hundred },
      { name: 'b', values: hundred },
    ],
  });
  task.move([9999], 'succeeded');
  const { page } = await openSignedIn(browser, api, `/tasks/${task.id}`);
  const grid = page.getByRole('grid');
  await grid.waitFor();
  const cells = (): Promise<number> => page.locator('[role=gridcell]').count();
  await until(async () => (await cells()) > 50, { what: 'cells' });
  t.true((await cells()) < 500);
  await grid.focus();
  await page.keyboard.press('Control+End');
  await until(async () => (await pictures(page)) === 1, { what: 'the picture in the far corner' });
  t.true((await cells()) < 500);
  t.is(await activeCell(page), '99, 99: Succeeded');
  await page.context().close();
});

inBrowser(
  `a mistake in a new task is shown at its line, and a right one opens its matrix${why}`,
  async (t) => {
    const { api, browser } = t.context;
    const { page } = await openSignedIn(browser, api, '/tasks/new');
    await page.getByText('4 × 4 × 3').waitFor();
    const input = page.getByLabel('Input');
    const right = await input.inputValue();
    await input.fill(right.replace('{{style}}', '{{stile}}'));
    await page.getByText('Line 9: /prompts/1/value names {{stile}}, which is no variable').waitFor();
    t.is(await input.getAttribute('aria-invalid'), 'true');
    await input.fill(right);
    await page.getByText('4 × 4 × 3').waitFor();
    await page.getByRole('button', { name: 'Start the task' }).click();
    await page.getByRole('grid').waitFor();
    t.regex(page.url(), /\/tasks\/22222222/);
    await page.context().close();
  },
);

inBrowser(`at phone width nothing is wider than the page, and a wrong password is told${why}`, async (t) => {
  const { api, browser } = t.context;
  const task = api.add(sweep);
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const context = await browser.newContext(phone);
  const stranger = await context.newPage();
  await stranger.goto(`${api.url}/system`);
  await stranger.getByLabel('Email').fill('ada@example.org');
  await stranger.getByLabel('Password').fill('wrong');
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await stranger.getByText('The email or the password is wrong.').waitFor();
  await context.close();

  const { page } = await openSignedIn(browser, api, `/tasks/${task.id}`, phone);
  for (const path of [`/tasks/${task.id}`, '/', '/tasks/new', '/system', `/tasks/${task.id}?cell=0`]) {
    await page.goto(api.url + path);
    await page.getByRole('banner').or(page.getByRole('dialog')).first().waitFor();
    await page.waitForLoadState('load');
    // A mobile browser widens its layout to hold what does not fit.
    t.is(await page.evaluate(() => window.innerWidth), 390, path);
  }
  await page.context().close();
});
