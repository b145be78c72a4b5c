import type { Gateway } from '@dms/gateway';

/** A gateway that can be ended and started again at the same port while everything else goes on. */
export interface RestartableGateway {
  /** The newest one, which may be stopping. */
  readonly current: Gateway;
  /** Does nothing while it is restarting already, or after `stop`. Never rejects; a start that fails goes to `onFailure`. */
  restart(): Promise<void>;
  /** Waits for a restart under way. Returns how many clients were connected. */
  stop(): Promise<number>;
}

/** `open` gets the port of the one before, undefined at first. @throws what the first `open` throws */
export async function openRestartableGateway(
  open: (port: number | undefined) => Promise<Gateway>,
  onFailure: (error: Error) => void,
): Promise<RestartableGateway> {
  let current = await open(undefined);
  let restarting: Promise<void> | null = null;
  let isStopped = false;

  const replace = async (): Promise<void> => {
    const { port } = current;
    await current.stop();
    current = await open(port);
  };

  return {
    get current() {
      return current;
    },
    async restart() {
      if (restarting !== null || isStopped) return;
      restarting = replace().catch((error: unknown) => {
        onFailure(error instanceof Error ? error : new Error('the gateway did not start again', { cause: error }));
      });
      await restarting;
      restarting = null;
    },
    async stop() {
      isStopped = true;
      await restarting;
      return await current.stop();
    },
  };
}
