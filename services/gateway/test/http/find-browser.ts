import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Availability } from '@dms/test-kit';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A Chromium of this machine; none is downloaded. */
export function findBrowser(): Availability<{ readonly program: string }> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const program = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
  return program === undefined ? { available: false, reason: 'no Chromium in PATH' } : { available: true, program };
}
