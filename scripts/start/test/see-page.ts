import { launchChromium } from '@backend2/testkit/browser';
import { until } from '@backend2/testkit';

/** Does in a browser what a newcomer does: signs in, opens a task, looks at a picture in each of its cells, and rates the first one as good. Answers what errors the page's console told of. */
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
    return errors;
  } finally {
    await browser.close();
  }
};
