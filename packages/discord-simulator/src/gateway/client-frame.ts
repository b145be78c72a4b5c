import { GatewayCloseCodes, GatewayOpcodes } from 'discord-api-types/v10';
import { isFields } from '../input.ts';
import { KNOWN_INTENTS } from './intents.ts';

/** Discord closes with 4002 for anything longer. */
export const MAX_CLIENT_FRAME_BYTES = 4096;

export interface Identify {
  readonly token: string;
  readonly intents: number;
  readonly shard: readonly [id: number, count: number];
}

export interface Resume {
  readonly token: string;
  readonly sessionId: string;
  readonly sequence: number;
}

/** What a client said, or the close code with which Discord answers such a frame. */
export type ClientFrame =
  | { readonly kind: 'heartbeat'; readonly sequence: number | null }
  | { readonly kind: 'identify'; readonly identify: Identify }
  | { readonly kind: 'resume'; readonly resume: Resume }
  | { readonly kind: 'other'; readonly op: number }
  | { readonly kind: 'invalid'; readonly code: number; readonly reason: string };

/** Intents the application may not use, and the token it must show; undefined accepts every well-formed one. */
export interface IdentifyRules {
  readonly disallowedIntents: number;
  readonly isTokenValid: (token: string) => boolean;
}

const OTHER_OPS: readonly number[] = [
  GatewayOpcodes.PresenceUpdate,
  GatewayOpcodes.VoiceStateUpdate,
  GatewayOpcodes.RequestGuildMembers,
  GatewayOpcodes.RequestSoundboardSounds,
];

/** Reads one text frame of a client. */
export function parseClientFrame(text: string, rules: IdentifyRules): ClientFrame {
  if (Buffer.byteLength(text) > MAX_CLIENT_FRAME_BYTES) return decodeError('Payload too large.');
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return decodeError('Error while decoding payload.');
  }
  if (!isFields(frame) || typeof frame.op !== 'number') return decodeError('Error while decoding payload.');
  const { op, d } = frame;
  if (op === GatewayOpcodes.Heartbeat) return parseHeartbeat(d);
  if (op === GatewayOpcodes.Identify) return parseIdentify(d, rules);
  if (op === GatewayOpcodes.Resume) return parseResume(d);
  if (OTHER_OPS.includes(frame.op)) return { kind: 'other', op: frame.op };
  return { kind: 'invalid', code: GatewayCloseCodes.UnknownOpcode, reason: 'Unknown opcode.' };
}

function parseHeartbeat(d: unknown): ClientFrame {
  if (d === null || d === undefined) return { kind: 'heartbeat', sequence: null };
  if (typeof d !== 'number') return decodeError('Error while decoding payload.');
  return { kind: 'heartbeat', sequence: d };
}

function parseIdentify(d: unknown, rules: IdentifyRules): ClientFrame {
  if (!isFields(d) || !isFields(d.properties)) return decodeError('Error while decoding payload.');
  const { token, intents, shard } = d;
  if (typeof token !== 'string' || !rules.isTokenValid(token)) {
    return { kind: 'invalid', code: GatewayCloseCodes.AuthenticationFailed, reason: 'Authentication failed.' };
  }
  const isBitfield = typeof intents === 'number' && Number.isSafeInteger(intents) && intents >= 0 && intents < 2 ** 31;
  if (!isBitfield || (intents & ~KNOWN_INTENTS) !== 0) {
    return { kind: 'invalid', code: GatewayCloseCodes.InvalidIntents, reason: 'Invalid intent(s).' };
  }
  if ((intents & rules.disallowedIntents) !== 0) {
    return { kind: 'invalid', code: GatewayCloseCodes.DisallowedIntents, reason: 'Disallowed intent(s).' };
  }
  const range = shard === undefined ? ([0, 1] as const) : parseShard(shard);
  if (range === null) return { kind: 'invalid', code: GatewayCloseCodes.InvalidShard, reason: 'Invalid shard.' };
  return { kind: 'identify', identify: { token, intents, shard: range } };
}

function parseShard(shard: unknown): readonly [number, number] | null {
  if (!Array.isArray(shard) || shard.length !== 2) return null;
  const id: unknown = shard[0];
  const count: unknown = shard[1];
  if (typeof id !== 'number' || typeof count !== 'number') return null;
  if (!Number.isInteger(id) || !Number.isInteger(count) || id < 0 || id >= count) return null;
  return [id, count];
}

function parseResume(d: unknown): ClientFrame {
  if (!isFields(d)) return decodeError('Error while decoding payload.');
  const { token, session_id: sessionId, seq: sequence } = d;
  if (typeof token !== 'string' || typeof sessionId !== 'string' || typeof sequence !== 'number') {
    return decodeError('Error while decoding payload.');
  }
  return { kind: 'resume', resume: { token, sessionId, sequence } };
}

function decodeError(reason: string): ClientFrame {
  return { kind: 'invalid', code: GatewayCloseCodes.DecodeError, reason };
}
