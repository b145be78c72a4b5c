import type { APIUser } from 'discord-api-types/v10';
import { NO_FLAGS } from './flags.ts';
import type { User } from './model.ts';

/** Makes a user as Discord's API shows it. People have discriminator `0` and a lower-case username beside their shown name. */
export function makeUser(person: { id: string; name: string; globalName?: string; bot?: boolean }): User {
  const isBot = person.bot ?? false;
  const api: APIUser = {
    id: person.id,
    username: usernameOf(person.name),
    avatar: null,
    discriminator: isBot ? '0000' : '0',
    public_flags: NO_FLAGS,
    flags: NO_FLAGS,
    banner: null,
    accent_color: null,
    global_name: isBot ? null : (person.globalName ?? person.name),
    avatar_decoration_data: null,
    collectibles: null,
    primary_guild: null,
    ...(isBot ? { bot: true } : {}),
  };
  return { id: person.id, name: person.name, api };
}

/** A webhook's author object: an id that is no user's, Discord's discriminator `0000`, and always a bot. */
export function makeWebhookAuthor(id: string, name: string): User {
  const api: APIUser = {
    id,
    username: name,
    avatar: null,
    discriminator: '0000',
    public_flags: NO_FLAGS,
    flags: NO_FLAGS,
    bot: true,
    global_name: null,
  };
  return { id, name, api };
}

// Discord's usernames are lower case, 2–32 of [a-z0-9_.]; the shown name keeps the original.
function usernameOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_.]+/g, '_');
  return plain.slice(0, 32).padEnd(2, '_');
}
