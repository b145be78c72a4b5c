import { createServer } from 'node:net';
import { ExitError } from './exit-error.ts';

/** From sysexits.h: something that is needed belongs to somebody else. */
const EXIT_UNAVAILABLE = 69;
const MAX_PORT = 65_535;

/** Tries the port before anything slow begins: a service that waits for its database would tell only minutes later. `setting` is
 *  the variable that chooses it. @throws ExitError with a sentence that names the remedy. */
export async function ensurePortIsFree(port: number, setting: string): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => reject(portProblem(port, setting, error)));
    probe.listen(port, resolve);
  });
  await new Promise<void>((resolve) => {
    probe.close(() => resolve());
  });
}

/** Why `listen` failed, for the operator. */
export function portProblem(port: number, setting: string, error: NodeJS.ErrnoException): ExitError {
  const another = port < MAX_PORT ? port + 1 : port - 1;
  const reason =
    error.code === 'EADDRINUSE'
      ? `Port ${port} is taken by another program: stop that one, or choose another port with ${setting}=${another}.`
      : `Port ${port} cannot be opened (${error.code ?? error.message}): choose another one with ${setting}.`;
  return new ExitError(EXIT_UNAVAILABLE, reason, { cause: error });
}
