import { connect } from 'node:net';

const COMMAND_TIMEOUT_MS = 5_000;

/** Sends one command on a connection of its own and returns the text of the reply; the items of an array are joined by line
 *  breaks. @throws Error with the server's words for an error reply, and after 5 s without a complete one. */
export function redisCommand(port: number, parts: readonly (string | Buffer)[], password?: string): Promise<string> {
  const commands = password === undefined ? [parts] : [['AUTH', password], parts];
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: COMMAND_TIMEOUT_MS });
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const replies = readReplies(bytes);
      const error = replies.find(({ isError }) => isError);
      if (error !== undefined) socket.destroy(new Error(error.text));
      else if (replies.length === commands.length) socket.end();
    });
    socket.once('timeout', () => socket.destroy(new Error(`Redis did not answer within ${COMMAND_TIMEOUT_MS} ms`)));
    socket.once('error', reject);
    socket.once('close', () => {
      const reply = readReplies(bytes)[commands.length - 1];
      if (reply === undefined) reject(new Error('Redis closed the connection without a reply'));
      else resolve(reply.text);
    });
    socket.write(Buffer.concat(commands.map(encodeCommand)));
  });
}

function encodeCommand(parts: readonly (string | Buffer)[]): Buffer {
  const encoded = parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...encoded]);
}

interface Reply {
  readonly text: string;
  readonly isError: boolean;
  /** Where the next one begins. */
  readonly end: number;
}

/** Those that have arrived completely. */
function readReplies(bytes: Buffer): readonly Reply[] {
  const replies: Reply[] = [];
  for (let reply = readReply(bytes, 0); reply !== null; reply = readReply(bytes, reply.end)) replies.push(reply);
  return replies;
}

function readReply(bytes: Buffer, start: number): Reply | null {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) return null;
  const kind = bytes.toString('latin1', start, start + 1);
  const line = bytes.toString('latin1', start + 1, lineEnd);
  const end = lineEnd + 2;
  if (kind === '*') return readItems(bytes, end, Number(line));
  if (kind !== '$') return { text: line, isError: kind === '-', end };
  const length = Number(line);
  if (length < 0) return { text: '', isError: false, end };
  if (end + length + 2 > bytes.length) return null;
  return { text: bytes.toString('latin1', end, end + length), isError: false, end: end + length + 2 };
}

function readItems(bytes: Buffer, start: number, count: number): Reply | null {
  const texts: string[] = [];
  let end = start;
  while (texts.length < count) {
    const item = readReply(bytes, end);
    if (item === null) return null;
    texts.push(item.text);
    end = item.end;
  }
  return { text: texts.join('\n'), isError: false, end };
}
