import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';

/** What the page of a demo may do to its simulated Discord and to its own gateway. */
export interface DemoControls {
  /** Returns what is wrong with it, or null. `channel` null: wherever the simulator's conversation is. */
  post(message: DemoMessage): string | null;
  /** Cuts the bot's connection and holds back what Discord would say for a while. */
  pauseDiscord(): void;
  /** Drains, ends and starts again; returns at once. */
  restartGateway(): void;
}

export type DemoMessage = z.infer<typeof messageSchema>;

const MAX_BODY_BYTES = 16_384;
const messageSchema = z.strictObject({
  channel: z.string().max(100).nullable(),
  user: z.string().trim().min(1).max(32),
  text: z.string().min(1).max(2_000),
});

/** Answers `POST /demo/messages`, `/demo/pause` and `/demo/restart`, for pages of this very host and nobody else: a site that is
 *  open in another tab must not be able to restart anything. */
export function createDemoHandler(controls: DemoControls): (req: IncomingMessage, res: ServerResponse) => void {
  const act = async (req: IncomingMessage): Promise<Answer> => {
    if (req.method !== 'POST') return refuse(405, 'The demo takes POST only.');
    if (!isSameOrigin(req)) return refuse(403, 'Only the demo’s own page may do this.');
    const body = await readBody(req);
    switch (req.url) {
      case '/messages': {
        const message = messageSchema.safeParse(body);
        if (!message.success)
          return refuse(400, 'A message has a channel, a user and a text of up to 2,000 characters.');
        const problem = controls.post(message.data);
        return problem === null ? { status: 202, body: {} } : refuse(400, problem);
      }
      case '/pause':
        controls.pauseDiscord();
        return { status: 202, body: {} };
      case '/restart':
        controls.restartGateway();
        return { status: 202, body: {} };
      default:
        return refuse(404, 'The demo cannot do that.');
    }
  };
  return (req, res) => {
    act(req).then(
      ({ status, body }) => {
        const type = status < 400 ? 'application/json' : 'application/problem+json';
        res.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
        res.end(JSON.stringify(body));
      },
      // The client went away in the middle of its request.
      () => res.destroy(),
    );
  };
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

const refuse = (status: number, detail: string): Answer => ({ status, body: { status, detail } });

/** Browsers send `Origin` with every POST; what sends none is no page. */
function isSameOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

/** The JSON value, or undefined for what is none or too long. */
async function readBody(req: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
