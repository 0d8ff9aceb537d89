import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { email, password } from './fake-api/start-fake-api.ts';
import type { FakeApi } from './fake-api/start-fake-api.ts';

export interface OpenedPage {
  readonly page: Page;
  /** Errors the page's console told of, refusals by the content security policy among them. */
  readonly errors: readonly string[];
}

export const openSignedIn = async (
  browser: Browser,
  api: FakeApi,
  path: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(api.url + path);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  return { page, errors };
};
