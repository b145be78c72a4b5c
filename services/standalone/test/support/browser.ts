import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './programs.ts';

/** As much of playwright-core as the tests use. It belongs to the gateway, whose page it opens; from here it is only borrowed. */
export interface Browser {
  newPage(options: { readonly viewport: { readonly width: number; readonly height: number } }): Promise<Page>;
  close(): Promise<void>;
}

export interface Page {
  goto(url: string): Promise<unknown>;
  title(): Promise<string>;
  /** Runs JavaScript in the page. */
  evaluate(expression: string): Promise<unknown>;
  locator(selector: string): Locator;
  screenshot(options: { readonly path: string }): Promise<unknown>;
  on(event: 'pageerror', listener: (error: Error) => void): unknown;
  on(event: 'dialog', listener: (dialog: { dismiss(): Promise<void> }) => void): unknown;
}

export interface Locator {
  locator(selector: string): Locator;
  waitFor(options?: { readonly timeout?: number }): Promise<void>;
  count(): Promise<number>;
  allTextContents(): Promise<string[]>;
  textContent(): Promise<string | null>;
}

interface Playwright {
  readonly chromium: {
    launch(options: { readonly executablePath: string; readonly args: readonly string[] }): Promise<Browser>;
  };
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pictures of people who do not exist must not be looked for elsewhere.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

export function launchBrowser(program: string): Promise<Browser> {
  const { chromium }: Playwright = createRequire(join(ROOT, 'services/gateway/package.json'))('playwright-core');
  return chromium.launch({ executablePath: program, args: FLAGS });
}
