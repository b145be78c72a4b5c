import { hash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject, stringAt } from './sanitise.ts';

/** Present on the Discord gateway and absent from REST (or the reverse) for one and the same thing. */
const ONE_SIDED = ['member', 'guild_id', 'channel_type', 'nonce'] as const;
/** What people put on a message; counted apart (`message-tally.ts`). */
const COUNTED = ['reactions', 'results'] as const;
/** What every message in a channel or thread moves. */
const MOVED = ['last_message_id', 'message_count', 'member_count', 'total_message_sent'] as const;
const VOLATILE_KEYS: ReadonlySet<string> = new Set([...ONE_SIDED, ...COUNTED, ...MOVED]);
/** Links to Discord's files carry a signature that expires and is renewed with every answer. */
const FILE_HOSTS = /^https:\/\/(?:cdn\.discordapp\.com|media\.discordapp\.net)\//;
const SIGNATURE = /(?<=[?&])(?:ex|is|hm)=[^&]*&?/g;
const DIGEST_CHARACTERS = 22;

/** A user stands for its id: names and avatars change without the message changing, and REST tells more of a user. */
const isUser = (object: JsonObject): boolean => stringAt(object, 'id') !== null && 'username' in object;

const isNothing = (value: Json): boolean => value === null || (Array.isArray(value) && value.length === 0);

/** Nothing that JSON would escape. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;
/** As JSON.stringify does it, which costs more than to look whether it is needed. */
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

function canonicalText(key: string, text: string): string {
  // By key, because a link in the content is what its author wrote.
  return quoted(key.endsWith('url') && FILE_HOSTS.test(text) ? text.replace(SIGNATURE, '') : text);
}

function canonical(key: string, value: Json): string {
  if (typeof value === 'string') return canonicalText(key, value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(key, item)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  if (isUser(value)) return quoted(stringAt(value, 'id') ?? '');
  const names: string[] = [];
  for (const name of Object.keys(value)) {
    if (!isNothing(value[name] ?? null) && !VOLATILE_KEYS.has(name)) names.push(name);
  }
  let fields = '';
  for (const name of names.sort()) {
    fields += `${fields === '' ? '' : ','}${quoted(name)}:${canonical(name, value[name] ?? null)}`;
  }
  return `{${fields}}`;
}

/** Digest (132 bits of SHA-256, base64url) of what a reader can see of a message, a channel or a guild, but not of what others
 *  move: reactions, votes, counts, the newest message. The same for every order of keys, for the Discord gateway's and
 *  REST's form, and for freshly signed links; absent, null and empty lists are one. */
export function contentHash(object: JsonObject): string {
  return hash('sha256', canonical('', object), 'base64url').slice(0, DIGEST_CHARACTERS);
}
