import { launchChromium } from '@backend2/testkit/browser';
import { until } from '@backend2/testkit';

/** What a browser says of the answer to the schedule that was no schedule. */
const refused = /status of 422/;

/**
 * Does in a browser what a newcomer does: signs in, opens a task, looks at a picture in each of its cells, rates the first
 * one as good, and has the task submitted again each day, but not yet. Answers what errors the page's console told of.
 */
export const seePage = async (options: {
  readonly chromium: string;
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly task: string;
  /** Of its matrix, all of which fits into view. */
  readonly cells: number;
  /** Resolves once the rating has reached the server. */
  readonly rated: () => Promise<unknown>;
  /** Name of the schedule to make. */
  readonly schedule: string;
}): Promise<readonly string[]> => {
  const browser = await launchChromium(options.chromium);
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(60_000);
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(options.url);
    await page.getByLabel('Email').fill(options.email);
    await page.getByLabel('Password').fill(options.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(options.task).click();
    await page.getByRole('gridcell').first().waitFor();
    const decoded = (): Promise<number> =>
      page
        .locator('.cell img')
        .evaluateAll((all) => all.filter((img) => (img as HTMLImageElement).naturalWidth > 0).length);
    await until(async () => (await decoded()) === options.cells, {
      timeoutMs: 60_000,
      what: `${options.cells} pictures`,
    });
    await page.getByRole('grid').focus();
    await page.keyboard.press('g');
    await options.rated();
    await page.getByRole('link', { name: 'Schedules' }).click();
    await page.getByText('You have no schedules.').waitFor();
    await page.getByLabel('Task', { exact: true }).selectOption({ label: options.task });
    await page.getByLabel('Name of the schedule').fill(options.schedule);
    await page.getByLabel('When').fill('@sometimes');
    await page.getByRole('button', { name: 'Schedule it' }).click();
    await page.getByText(/is not an expression of five fields/).waitFor();
    await page.getByLabel('When').fill('@daily');
    await page.getByRole('button', { name: 'Schedule it' }).click();
    const row = page.getByRole('listitem').filter({ hasText: options.schedule });
    await row.getByText('has not run yet').waitFor();
    await row.getByRole('button', { name: `Pause ${options.schedule}` }).click();
    await row.getByText('Paused').waitFor();
    return errors.filter((error) => !refused.test(error));
  } finally {
    await browser.close();
  }
};
