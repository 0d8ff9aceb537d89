import { launchChromium } from '@backend2/testkit/browser';
import { until } from '@backend2/testkit';

export interface Seen {
  /** Pictures of the matrix that the browser has decoded. */
  readonly pictures: number;
  /** What the page's console told of. */
  readonly errors: readonly string[];
}

/** Does in a browser what a newcomer does: signs in, opens a task, looks at its pictures, and rates the first one as good. */
export const seePage = async (options: {
  readonly chromium: string;
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly task: string;
  /** Resolves once the rating has reached the server. */
  readonly rated: () => Promise<unknown>;
}): Promise<Seen> => {
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
    const cells = await page
      .getByRole('gridcell')
      .first()
      .waitFor()
      .then(() => page.getByRole('gridcell').count());
    const decoded = (): Promise<number> =>
      page
        .locator('.cell img')
        .evaluateAll((all) => all.filter((img) => (img as HTMLImageElement).naturalWidth > 0).length);
    await until(async () => (await decoded()) === cells, { timeoutMs: 60_000, what: `${cells} pictures` });
    await page.getByRole('grid').focus();
    await page.keyboard.press('g');
    await options.rated();
    return { pictures: await decoded(), errors };
  } finally {
    await browser.close();
  }
};
