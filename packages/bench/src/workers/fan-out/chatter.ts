const WORDS =
  `the harbour was quiet so we took long way home and talked about boats until rain began again who wants to play tonight
  I can host maybe after dinner that build fails on main try clearing cache works for me now thanks looks good ship it see you all
  tomorrow never mind found my keys lol what a day coffee first then meetings music channel is loud anyone else lagging`
    .split(/\s+/)
    .filter((word) => word !== '');
const NAMES = 'Ada Ben Cem Dana Eli Fay Gus Hana Ivo June Kai Lea Max Noor Omar Pia'.split(' ');
const WORDS_PER_MESSAGE = 12;

export interface ChatterRoute {
  readonly id: string;
  readonly channelId: string;
  readonly guildId: string;
  readonly authorId: string;
}

/** Messages like those of a chat, about 300 bytes as a frame, from a fixed seed: compressible as chat is, and never twice the same. */
export interface Chatter {
  payload(route: ChatterRoute): string;
}

export function createChatter(seed = 1): Chatter {
  let state = seed;
  const pick = <T>(from: readonly T[]): T | undefined => {
    // Numerical Recipes' generator: good enough to choose words.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return from[Math.floor((state / 2 ** 32) * from.length)];
  };
  return {
    payload({ id, channelId, guildId, authorId }) {
      const content = Array.from({ length: WORDS_PER_MESSAGE }, () => pick(WORDS)).join(' ');
      const author = { id: authorId, username: NAMES[Number(authorId) % NAMES.length] };
      const message = { id, channel_id: channelId, guild_id: guildId, author, content };
      return `${JSON.stringify(message).slice(0, -1)},"revision":0,"origin":"live"}`;
    },
  };
}
