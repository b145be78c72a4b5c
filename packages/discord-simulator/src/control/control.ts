import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Face } from '../create-face.ts';
import { parseFault } from '../faults/parse-fault.ts';
import { readBody, sendJson } from '../http.ts';
import { type Fields, InputError, optionalString, parseFields, requireName, requireString } from '../input.ts';
import type { Simulation } from '../simulation.ts';
import { truthMessage } from '../truth.ts';
import { parseEmbeds, parseMessageParts } from '../world/parse-message-parts.ts';
import { parseAction } from './parse-action.ts';
import { sendTruth } from './send-truth.ts';

/** A request to the control API, read and taken apart. */
interface ControlRequest {
  readonly id: string;
  readonly fields: Fields;
  readonly query: URLSearchParams;
}

type ControlAnswer = { readonly status: number; readonly body?: unknown };

const HELP = {
  'GET /_sim/status': 'readiness, connections, guilds and channels, script progress',
  'POST /_sim/messages': '{guild?, channel, user, text, reply_to?, embeds?, attachments?, webhook?} → message',
  'GET|PATCH|DELETE /_sim/messages/{id}': 'PATCH {text} edits, PATCH {embeds} alone is an unfurl',
  'POST /_sim/actions': '{op, …} with ids: what a script can do, and create_channel, post',
  'GET /_sim/truth': '?after=N&limit=N pages, ?compact=true shortens',
  'GET|POST|DELETE /_sim/faults': '{kind, …}; DELETE clears all, DELETE /_sim/faults/{id} one',
  'GET /_sim/sessions': 'connections, IDENTIFYs, RESUMEs, heartbeats',
};

/** Serves `/_sim`, to loopback only. Never throws; what is wrong is said in `{error}` with 400, 403, 404 or 405. */
export function createControl(simulation: Simulation, face: Face) {
  const routes = createRoutes(simulation, face);
  return async (request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams) => {
    if (!isLoopback(request.socket.remoteAddress)) {
      sendJson(response, 403, { error: 'the control API answers loopback addresses only' });
      return;
    }
    try {
      const [resource = '', id = ''] = path.split('/').filter((part) => part !== '');
      if (resource === 'truth' && request.method === 'GET') {
        await sendTruth(response, simulation, query);
        return;
      }
      const answers = routes[`${resource}${id === '' ? '' : '/:id'}`];
      const answer = answers?.[request.method ?? 'GET'];
      if (answers === undefined) sendJson(response, 404, { error: `there is no /_sim/${resource}`, see: HELP });
      else if (answer === undefined) sendJson(response, 405, { error: `use ${Object.keys(answers).join(', ')} here` });
      else {
        const { status, body } = answer({ id, query, fields: await fieldsOf(request) });
        sendJson(response, status, body);
      }
    } catch (error) {
      if (response.headersSent) response.destroy();
      else if (error instanceof InputError) sendJson(response, 400, { error: error.message });
      else sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) });
    }
  };
}

type Routes = Readonly<Record<string, Readonly<Record<string, (request: ControlRequest) => ControlAnswer>>>>;

function createRoutes({ world, faults }: Simulation, face: Face): Routes {
  const knownMessage = (id: string, answer: () => ControlAnswer): ControlAnswer => {
    const message = world.messages.get(id);
    return message === undefined ? { status: 404, body: { error: `no message has the id ${id}` } } : answer();
  };
  return {
    '': { GET: () => ({ status: 200, body: HELP }) },
    status: { GET: () => ({ status: 200, body: face.status() }) },
    sessions: { GET: () => ({ status: 200, body: face.sessions() }) },
    messages: { POST: ({ fields }) => ({ status: 200, body: postMessage(face, fields) }) },
    'messages/:id': {
      GET: ({ id }) =>
        knownMessage(id, () => {
          const message = world.messages.get(id);
          return { status: 200, body: message === undefined ? null : truthMessage(world, message) };
        }),
      PATCH: ({ id, fields }) => knownMessage(id, () => ({ status: 200, body: patchMessage(face, id, fields) })),
      DELETE: ({ id }) =>
        knownMessage(id, () => {
          face.deleteMessage(id);
          return { status: 204 };
        }),
    },
    actions: {
      POST: ({ fields }) => {
        const result = face.act(parseAction(world, fields));
        if (result.kind === 'message') return { status: 200, body: truthMessage(world, result.message) };
        return {
          status: 200,
          body: result.kind === 'channel' ? { id: result.channel.id, name: result.channel.name } : {},
        };
      },
    },
    faults: {
      GET: () => ({ status: 200, body: { faults: face.faults.list() } }),
      POST: ({ fields }) => ({ status: 200, body: face.faults.add(parseFault(fields)) }),
      DELETE: () => {
        face.faults.clear();
        return { status: 200, body: { faults: face.faults.list() } };
      },
    },
    'faults/:id': {
      GET: ({ id }) => reportOf(faults.list().find((fault) => fault.id === id)),
      DELETE: ({ id }) => {
        face.faults.clear(id);
        return reportOf(faults.list().find((fault) => fault.id === id));
      },
    },
  };
}

function postMessage(face: Face, fields: Fields) {
  const guild = optionalString(fields, 'guild');
  const replyTo = optionalString(fields, 'reply_to');
  return face.createMessage({
    channel: requireName(fields, 'channel'),
    user: requireName(fields, 'user'),
    text: requireString(fields, 'text'),
    ...parseMessageParts(fields),
    ...(guild === undefined ? {} : { guild }),
    ...(replyTo === undefined ? {} : { replyTo }),
  });
}

function patchMessage(face: Face, id: string, fields: Fields) {
  const text = optionalString(fields, 'text');
  if (text !== undefined) return face.editMessage(id, text);
  const embeds = parseEmbeds(fields);
  if (embeds.length === 0) throw new InputError('"text" or "embeds" is required');
  face.act({ op: 'refresh', message: id, embeds });
  return face.truth().messages.find((message) => message.id === id);
}

function reportOf(fault: unknown): ControlAnswer {
  return fault === undefined ? { status: 404, body: { error: 'no fault has this id' } } : { status: 200, body: fault };
}

async function fieldsOf(request: IncomingMessage): Promise<Fields> {
  if (request.method === 'GET') return {};
  const text = await readBody(request);
  if (text === '') return {};
  try {
    return parseFields(text);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`the request body ${error.message}`, { cause: error });
    throw error;
  }
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === '::1' || address.replace(/^::ffff:/, '').startsWith('127.');
}
