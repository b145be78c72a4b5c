import { ChannelType } from 'discord-api-types/v10';

/** The built-in conversation's guild. */
export const GUILD_NAME = 'Harbour Lane';

/** Its channels, in the order in which a client lists them. */
export const CHANNELS = [
  {
    name: 'announcements',
    type: ChannelType.GuildAnnouncement,
    topic: 'What everybody should know. Quiet on purpose.',
  },
  { name: 'general', type: ChannelType.GuildText, topic: 'Tea, weather, everything else' },
  { name: 'workshop', type: ChannelType.GuildText, topic: 'Code, servers, soldering irons' },
  { name: 'help', type: ChannelType.GuildText, topic: 'No question is too small' },
  { name: 'kitchen', type: ChannelType.GuildText, topic: 'What is cooking' },
  { name: 'music', type: ChannelType.GuildText, topic: 'Now playing, and why' },
  { name: 'show-and-tell', type: ChannelType.GuildText, topic: 'Made something? Show it' },
  { name: 'ideas', type: ChannelType.GuildForum, topic: 'One post per idea' },
] as const;

/** People by the short name that scenes use. */
export const PEOPLE = {
  maya: { name: 'Maya Lindqvist', nick: 'maya ☕', roles: ['Maintainer'] },
  leo: { name: 'Leo Marchetti', nick: null, roles: ['Moderator'] },
  priya: { name: 'Priya N', nick: null, roles: ['Helper', 'Regular'] },
  tomasz: { name: 'tomasz', nick: 'Tomasz (soldering)', roles: ['Regular'] },
  aiko: { name: 'Aiko', nick: null, roles: ['Artist'] },
  ben: { name: 'Ben O’Hara', nick: null, roles: ['Regular'] },
  zoe: { name: 'Zoé', nick: 'zoé 🎻', roles: ['Artist'] },
  samira: { name: 'Samira', nick: null, roles: ['Helper'] },
  nils: { name: 'nils_b', nick: null, roles: [] },
  dana: { name: 'Dana', nick: 'new here', roles: [] },
  spam: { name: 'free-nitro-4u', nick: null, roles: [] },
} as const;

/** Speakers that are webhooks, no members. */
export const WEBHOOKS: Readonly<Record<string, string>> = { deploys: 'Deploys', lighthouse: 'Lighthouse' };

/** Words that make a scene differ from its last performance. */
export const POOLS: Readonly<Record<string, readonly string[]>> = {
  city: ['Lisbon', 'Gdańsk', 'Kyoto', 'Turin', 'Bergen', 'Montréal', 'Valparaíso', 'Leeds', 'Tbilisi', 'Pune'],
  weather: [
    'sideways rain',
    'fog thick as soup',
    'the first frost',
    'a heatwave',
    'hail the size of peas',
    'a perfect sunset',
  ],
  dish: [
    'ramen',
    'pierogi',
    'shakshuka',
    'a lentil dal',
    'risotto',
    'focaccia',
    'miso aubergine',
    'paella',
    'dumplings',
  ],
  spice: ['cumin', 'smoked paprika', 'cardamom', 'sumac', 'gochugaru', 'star anise', 'za’atar'],
  lib: ['tsc', 'Biome', 'Prisma', 'ioredis', 'vite', 'esbuild', 'zod', 'undici'],
  board: ['ESP32', 'Pico W', 'Arduino Nano', 'BeagleBone', 'Pi Zero'],
  instrument: ['the cello', 'a Rhodes', 'the nyckelharpa', 'a banjo', 'the kalimba', 'a melodica', 'a hurdy-gurdy'],
  band: [
    'Khruangbin',
    'Penguin Cafe',
    'Hiromi',
    'The Necks',
    'Nils Frahm',
    'Rokia Traoré',
    'Stereolab',
    'Toumani Diabaté',
  ],
  animal: [
    'a heron',
    'two foxes',
    'a very round pigeon',
    'an otter',
    'the neighbour’s cat',
    'a hedgehog',
    'a lost tortoise',
  ],
  book: ['Piranesi', 'The Dispossessed', 'Invisible Cities', 'The Left Hand of Darkness', 'A Psalm for the Wild-Built'],
  game: ['Wingspan', 'Azul', 'Codenames', 'Hive', 'Cascadia', 'Root', 'The Crew'],
  fix: [
    'clearing the cache',
    'an off-by-one',
    'a missing await',
    'a trailing slash',
    'time zones',
    'DNS, as ever',
    'a stale lockfile',
  ],
  color: ['teal', 'mustard', 'dusty rose', 'indigo', 'moss green', 'terracotta'],
  day: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
};
