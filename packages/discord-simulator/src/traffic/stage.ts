import { type APIEmbed, EmbedType } from 'discord-api-types/v10';
import type { Random } from '../random.ts';
import { memberUser } from '../world/lookup.ts';
import type { Channel, Guild } from '../world/model.ts';
import { ensureChannel, ensureGuild, ensureMember, type World } from '../world/world.ts';
import { CHANNELS, GUILD_NAME, PEOPLE, POOLS, WEBHOOKS } from './cast.ts';

/** The conversation's guild with its people, and how a scene's words become a message's. */
export interface Stage {
  readonly guild: Guild;
  readonly channelOf: (name: string) => Channel;
  /** The name by which the world knows a speaker. */
  readonly speaker: (who: string) => { readonly user: string; readonly webhook: boolean };
  /** Opens a fresh set of words for one performance of a scene. */
  readonly vocabulary: () => (text: string) => string;
}

const SLOT = /\{(\w+)(?:-(\d+))?\}/g;
const SOON_MAX_HOURS = 72;

/** Puts guild, channels and members into the world, silently: a client sees them in its first GUILD_CREATE. */
export function setStage(world: World, random: Random): Stage {
  const guild = ensureGuild(world, GUILD_NAME);
  const channels = new Map<string, Channel>(
    CHANNELS.map((channel) => [channel.name, ensureChannel(world, guild, channel)]),
  );
  const people = new Map(Object.entries(PEOPLE).map(([short, person]) => [short, person]));
  for (const { name, nick, roles } of people.values()) {
    ensureMember(world, guild, { name, roles, ...(nick === null ? {} : { nick }) });
  }
  const speaker: Stage['speaker'] = (who) => {
    const webhook = WEBHOOKS[who];
    return webhook === undefined
      ? { user: people.get(who)?.name ?? who, webhook: false }
      : { user: webhook, webhook: true };
  };

  const withMentions = (text: string): string =>
    text
      .replaceAll(/@(\w+)/g, (whole, who: string) => {
        return people.has(who) ? `<@${memberUser(world, guild, speaker(who).user).id}>` : whole;
      })
      .replaceAll(/#([\w-]+)/g, (whole, name: string) => {
        const channel = channels.get(name);
        return channel === undefined ? whole : `<#${channel.id}>`;
      });

  return {
    guild,
    speaker,
    channelOf: (name) => {
      const channel = channels.get(name);
      if (channel === undefined) throw new SyntaxError(`no scene channel is called ${name}`);
      return channel;
    },
    vocabulary: () => {
      const words = new Map<string, string>();
      const fill = (slot: string, upper: string | undefined): string => {
        if (upper !== undefined) return String(Number(slot) + random.integer(Number(upper) - Number(slot) + 1));
        const known = words.get(slot);
        if (known !== undefined) return known;
        const word = slot === 'soon' ? soon(world.now(), random) : random.pick(POOLS[slot] ?? [slot]);
        words.set(slot, word);
        return word;
      };
      return (text) =>
        withMentions(
          text.replaceAll(SLOT, (_, slot: string, upper?: string) => fill(slot, upper)).replaceAll("''", '`'),
        );
    },
  };
}

/** An embed as unfurling makes it from a link. */
export function linkEmbed(note: { title: string; description: string; url: string }): APIEmbed {
  return {
    type: EmbedType.Link,
    url: note.url,
    title: note.title,
    description: note.description,
    color: 0x5865f2,
    provider: { name: new URL(note.url).host },
  };
}

function soon(nowMs: number, random: Random): string {
  const hours = 1 + random.integer(SOON_MAX_HOURS);
  return `<t:${Math.floor(nowMs / 1000) + hours * 3600}:R>`;
}
