import { createServer } from 'node:net';
import { ExitError } from '@dms/runtime';

const EXIT_UNAVAILABLE = 69;

/** Tries the port before anything slow begins: a gateway that waits for its database would tell only minutes later.
 *  @throws ExitError with a sentence that names the remedy. */
export async function ensurePortIsFree(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => reject(portProblem(port, error)));
    probe.listen(port, resolve);
  });
  await new Promise<void>((resolve) => {
    probe.close(() => resolve());
  });
}

function portProblem(port: number, error: NodeJS.ErrnoException): ExitError {
  const reason =
    error.code === 'EADDRINUSE'
      ? `Port ${port} is taken by another program: stop that one, or choose another port with PORT=${port + 1}.`
      : `Port ${port} cannot be opened (${error.code ?? error.message}): choose another one with PORT.`;
  return new ExitError(EXIT_UNAVAILABLE, reason, { cause: error });
}
