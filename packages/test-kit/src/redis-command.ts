import { connect } from 'node:net';

const COMMAND_TIMEOUT_MS = 5_000;

/** Sends one command on a connection of its own and returns the text of a simple, integer or bulk reply; other replies as raw
 *  RESP. @throws Error with the server's words for an error reply, and after 5 s without a complete one. */
export function redisCommand(port: number, parts: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: COMMAND_TIMEOUT_MS });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('timeout', () => socket.destroy(new Error(`Redis did not answer within ${COMMAND_TIMEOUT_MS} ms`)));
    socket.once('error', reject);
    socket.once('close', () => {
      const reply = Buffer.concat(chunks).toString('latin1');
      if (reply.startsWith('-')) reject(new Error(reply.slice(1, reply.indexOf('\r\n'))));
      else resolve(replyText(reply));
    });
    // With QUIT behind it, the end of the connection marks the end of the reply.
    socket.write(Buffer.concat([encodeCommand(parts), encodeCommand(['QUIT'])]));
  });
}

function encodeCommand(parts: readonly (string | Buffer)[]): Buffer {
  const encoded = parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...encoded]);
}

function replyText(reply: string): string {
  const lineEnd = reply.indexOf('\r\n');
  const firstLine = reply.slice(1, lineEnd);
  if (/^[+:]/.test(reply)) return firstLine;
  if (reply.startsWith('$')) return reply.slice(lineEnd + 2, lineEnd + 2 + Number(firstLine));
  return reply;
}
