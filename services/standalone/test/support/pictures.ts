import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from './browser.ts';
import { ROOT } from './programs.ts';

const PICTURES = join(ROOT, 'artifacts');

/** A screenshot for people, kept by whoever runs the tests. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
