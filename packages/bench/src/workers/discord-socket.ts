import { WebSocket } from 'ws';

const TOKEN = 'bench.bare.reader';
/** Guilds, guild messages, message content. */
const INTENTS = (1 << 0) | (1 << 9) | (1 << 15);
const IDENTIFY = {
  op: 2,
  d: { token: TOKEN, intents: INTENTS, properties: { os: 'linux', browser: 'bench', device: 'bench' } },
};

/** Logs in to Discord's gateway with nothing but `ws` and hands over every frame as it comes. */
export async function readDiscordSocket(apiUrl: string, onFrame: (data: Buffer) => void): Promise<void> {
  const response = await fetch(`${apiUrl}/v10/gateway/bot`, { headers: { Authorization: `Bot ${TOKEN}` } });
  const answer: unknown = await response.json();
  const url = typeof answer === 'object' && answer !== null && 'url' in answer ? String(answer.url) : '';
  const socket = new WebSocket(`${url}?v=10&encoding=json`, { perMessageDeflate: false });
  socket.once('message', () => socket.send(JSON.stringify(IDENTIFY)));
  socket.on('message', (data) => {
    if (Buffer.isBuffer(data)) onFrame(data);
  });
  setInterval(() => socket.send('{"op":1,"d":null}'), 30_000).unref();
}

const MESSAGE_CREATE = Buffer.from('"t":"MESSAGE_CREATE"');
/** The simulator writes `t` first; a search of the whole frame would find the words in a message's text. */
const ENVELOPE_BYTES = 80;

export const isMessageCreate = (frame: Buffer): boolean => frame.subarray(0, ENVELOPE_BYTES).includes(MESSAGE_CREATE);
