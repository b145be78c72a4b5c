import { connect, createServer, type Socket } from 'node:net';

/** What happens to the commit that is waited for, seen from the wire. */
export type WireMoment =
  /** The server has been sent all of it; its answer is never delivered. */
  | 'statement-sent'
  /** The server has committed it and answered; the answer is never delivered. */
  | 'commit-unanswered'
  /** The server has executed it and is never told to commit: the transaction stays open. */
  | 'commit-withheld';

export interface WireTap {
  /** `postgresql://…` of the database, through the tap. */
  readonly url: string;
  /** Waits for the `nth` commit from now on, then holds that connection as `moment` says for ever, and resolves. */
  catchCommit(nth: number, moment: WireMoment): Promise<void>;
  /** Commits seen. */
  readonly commits: number;
  /** Resets every connection, also those that are held; new ones pass. */
  cut(): void;
  close(): Promise<void>;
}

/** In every append statement and in nothing else (`append-statement.ts`). */
const APPEND = 'UPDATE head SET seq = seq +';
/** PostgreSQL's Sync message, the last of each statement, and ReadyForQuery (idle), which comes after its commit.
 *  https://www.postgresql.org/docs/current/protocol-message-formats.html */
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

interface Trap {
  left: number;
  readonly moment: WireMoment;
  readonly sprung: () => void;
}

/** A proxy in front of PostgreSQL that knows a commit of ours when it sees one. */
export async function startWireTap(databaseUrl: string): Promise<WireTap> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let trap: Trap | null = null;
  let commits = 0;

  const accept = (client: Socket): void => {
    const server = connect({ host: target.hostname, port: Number(target.port) });
    let caught: Trap | null = null;
    /** The end of what went before, so that what is cut in two is found all the same. */
    let seen = Buffer.alloc(0);
    let isAppending = false;
    let answered = Buffer.alloc(0);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    const noteAppend = (): void => {
      commits += 1;
      if (trap === null) return;
      trap.left -= 1;
      if (trap.left > 0) return;
      caught = trap;
      trap = null;
    };
    client.on('data', (chunk: Buffer) => {
      seen = Buffer.concat([seen.subarray(-APPEND.length), chunk]);
      if (!isAppending && seen.includes(APPEND)) {
        isAppending = true;
        noteAppend();
      }
      const isWhole = chunk.subarray(-SYNC.length).equals(SYNC);
      if (isWhole) isAppending = false;
      if (isWhole && caught?.moment === 'commit-withheld') {
        server.write(chunk.subarray(0, -SYNC.length));
        caught.sprung();
        return;
      }
      server.write(chunk);
      if (isWhole && caught?.moment === 'statement-sent') caught.sprung();
    });
    server.on('data', (chunk: Buffer) => {
      if (caught === null) return void client.write(chunk);
      answered = Buffer.concat([answered.subarray(-READY.length), chunk]);
      if (caught.moment === 'commit-unanswered' && answered.subarray(-READY.length).equals(READY)) caught.sprung();
    });
  };
  const listener = createServer(accept);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: url.href,
    get commits() {
      return commits;
    },
    catchCommit: (nth, moment) =>
      new Promise((resolve) => {
        trap = { left: nth, moment, sprung: resolve };
      }),
    cut,
    async close() {
      cut();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
