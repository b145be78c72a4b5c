import { command } from './docker.ts';

/** TEST-NET-3: no real network has these. */
const NETWORK = '203.0.113';

export interface OutsideAddresses {
  /** This machine, as the clients see it. */
  readonly server: string;
  readonly clients: readonly string[];
  remove(): Promise<void>;
}

/** Gives this machine one address to be reached under and `count` for clients to come from. What goes through Docker's port to
 *  127.0.0.1 arrives with the bridge's address; what goes to any other address of the machine keeps the client's. */
export async function addOutsideAddresses(count: number): Promise<OutsideAddresses> {
  const [server = '', ...clients] = Array.from({ length: count + 1 }, (_, index) => `${NETWORK}.${index + 1}`);
  const all = [server, ...clients];
  const change = (what: 'add' | 'del') =>
    all.map((address) => command('ip', ['address', what, `${address}/32`, 'dev', 'lo']));
  // Those of a run that was cut short are in the way.
  await Promise.allSettled(change('del'));
  await Promise.all(change('add'));
  return { server, clients, remove: async () => void (await Promise.allSettled(change('del'))) };
}
