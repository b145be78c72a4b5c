import { GatewayIntentBits } from 'discord-api-types/v10';

const { Guilds, GuildMessages, GuildMessageReactions, GuildMessagePolls, GuildMembers, MessageContent } =
  GatewayIntentBits;

/** Every bit that Discord knows today; any other is refused with 4013. */
export const KNOWN_INTENTS = Object.values(GatewayIntentBits)
  .filter((value) => typeof value === 'number')
  .reduce((all, bit) => all | bit, 0);

const INTENT_OF_PREFIX: readonly (readonly [prefix: string, intent: number])[] = [
  ['MESSAGE_REACTION_', GuildMessageReactions],
  ['MESSAGE_POLL_', GuildMessagePolls],
  ['MESSAGE_', GuildMessages],
  ['GUILD_MEMBER_', GuildMembers],
  ['GUILD_', Guilds],
  ['CHANNEL_', Guilds],
  ['THREAD_', Guilds],
];

const intentOfType = new Map<string, number>();

/** The intent a session needs to receive dispatches of this type; 0 for types that everybody gets. */
export function intentFor(type: string): number {
  const known = intentOfType.get(type);
  if (known !== undefined) return known;
  const intent = INTENT_OF_PREFIX.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 0;
  intentOfType.set(type, intent);
  return intent;
}

/** True when the session asked for message contents. */
export function wantsContent(intents: number): boolean {
  return (intents & MessageContent) !== 0;
}
