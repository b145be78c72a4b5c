import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A PostgreSQL connection reduced to its bytes, so that a test decides where they are cut. */
export interface WireClient {
  /** The first column of every row. @throws Error with the server's message, after the server is ready again. */
  query(sql: string): Promise<readonly string[]>;
  /** Sends raw protocol bytes. */
  send(bytes: Buffer): void;
  /** The first column of every row until the server is ready again. */
  answer(): Promise<readonly string[]>;
  close(): void;
  /** Without a goodbye. */
  destroy(): void;
}

export async function connectTo(url: string): Promise<WireClient> {
  const path = `${new URL(url).searchParams.get('host')}/.s.PGSQL.5432`;
  const socket = connect(path);
  await once(socket, 'connect');
  const answer = reader(socket);
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const startup = Buffer.alloc(8);
  startup.writeInt32BE(8 + parameters.length, 0);
  startup.writeInt32BE(196_608, 4);
  socket.write(Buffer.concat([startup, parameters]));
  await answer();
  return {
    query(sql) {
      socket.write(frame('Q', Buffer.from(`${sql}\0`)));
      return answer();
    },
    send: (bytes) => void socket.write(bytes),
    answer,
    close: () => void socket.end(frame('X', Buffer.alloc(0))),
    destroy: () => void socket.destroy(),
  };
}

export function frame(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** Parse, Bind, Execute, Sync of a statement without parameters. */
export function extendedQuery(sql: string): readonly Buffer[] {
  return [
    frame('P', Buffer.from(`\0${sql}\0\0\0`)),
    frame('B', Buffer.alloc(8)),
    frame('E', Buffer.alloc(5)),
    frame('S', Buffer.alloc(0)),
  ];
}

function reader(socket: Socket): () => Promise<readonly string[]> {
  let buffered = Buffer.alloc(0);
  let wake = (): void => {};
  let failure: Error | null = null;
  socket.on('data', (chunk) => {
    buffered = Buffer.concat([buffered, chunk]);
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    failure = new Error('the connection is closed');
    wake();
  });
  const nextMessage = async () => {
    while (buffered.length < 5 || buffered.length < 1 + buffered.readInt32BE(1)) {
      if (failure !== null) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const length = 1 + buffered.readInt32BE(1);
    const message = { type: String.fromCharCode(buffered[0] ?? 0), body: buffered.subarray(5, length) };
    buffered = buffered.subarray(length);
    return message;
  };
  return async () => {
    const values: string[] = [];
    let refusal: Error | null = null;
    for (;;) {
      const { type, body } = await nextMessage();
      if (type === 'D') values.push(body.subarray(6, 6 + body.readInt32BE(2)).toString());
      if (type === 'E') refusal = new Error(body.toString().replaceAll('\0', ' '));
      if (type !== 'Z') continue;
      if (refusal !== null) throw refusal;
      return values;
    }
  };
}
