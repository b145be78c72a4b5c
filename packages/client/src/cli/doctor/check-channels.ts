import { type Finding, ok, problem, warning } from './finding.ts';
import { type BotMember, type Lack, lackOf, type Overwrite, Permission } from './permissions.ts';

export interface Channel {
  readonly id: string;
  readonly name: string;
  /** Discord's number. */
  readonly type: number;
  readonly overwrites: readonly Overwrite[];
}

/** Channels that hold messages or threads: text, announcement, forum, media; voice and stage have a chat too. */
const MESSAGE_TYPES: ReadonlySet<number> = new Set([0, 5, 15, 16]);
const VOICE_TYPES: ReadonlySet<number> = new Set([2, 13]);
const MAX_NAMES = 10;

interface Judged {
  readonly channel: Channel;
  readonly hidden: Lack | null;
  readonly unread: Lack | null;
}

/** What the bot sees of the channels of one guild. Those that were chosen by id must be visible; of all others it is said which
 *  are not, because hiding a channel from a bot is often meant. */
export function judgeChannels(
  channels: readonly Channel[],
  member: BotMember,
  chosenIds: ReadonlySet<string>,
  isAlmighty: boolean,
): readonly Finding[] {
  const isChosen = ({ id, type }: Channel): boolean =>
    chosenIds.size > 0 ? chosenIds.has(id) : MESSAGE_TYPES.has(type) || VOICE_TYPES.has(type);
  const judged = channels.filter(isChosen).map((channel): Judged => {
    // Who may not join a voice channel may not read there either.
    const needed = VOICE_TYPES.has(channel.type)
      ? [Permission.ViewChannel, Permission.Connect]
      : [Permission.ViewChannel];
    const lacks = needed.map((permission) => lackOf(permission, channel.overwrites, member));
    return {
      channel,
      hidden: lacks.find((lack) => lack !== null) ?? null,
      unread: lackOf(Permission.ReadMessageHistory, channel.overwrites, member),
    };
  });
  const visible = judged.filter(({ hidden }) => hidden === null);
  const unread = visible.filter((each) => each.unread !== null);
  const hidden = judged.filter((each) => each.hidden !== null);
  const findings: Finding[] = [];
  const readable = visible.length - unread.length;
  if (readable > 0)
    findings.push(
      ok('channels', `${readable} of ${judged.length} can be read${isAlmighty ? ', as with everything' : ''}`),
    );
  for (const each of unread) findings.push(unreadChannel(each));
  if (chosenIds.size > 0) findings.push(...hidden.map(hiddenChannel));
  else if (hidden.length > 0) findings.push(hiddenChannels(hidden, judged.length));
  return findings;
}

const unreadChannel = ({ channel, unread }: Judged): Finding =>
  problem(
    `#${channel.name}`,
    `may be seen, but not its history: ${reasonOf(unread)}. What is missed while nobody listens would stay missing`,
    remedyFor(channel, 'Read Message History'),
  );

const hiddenChannel = ({ channel, hidden }: Judged): Finding =>
  problem(`#${channel.name}`, `is hidden from the bot: ${reasonOf(hidden)}`, remedyFor(channel, 'View Channel'));

function hiddenChannels(hidden: readonly Judged[], total: number): Finding {
  const [first] = hidden;
  const names = hidden.slice(0, MAX_NAMES).map(({ channel, hidden: lack }) => `#${channel.name} (${reasonOf(lack)})`);
  const more = hidden.length > MAX_NAMES ? ` and ${hidden.length - MAX_NAMES} more` : '';
  const text = `${hidden.length} of ${total} are hidden from the bot and will not be stored: ${names.join(', ')}${more}`;
  const remedy = first === undefined ? '' : remedyFor(first.channel, 'View Channel');
  return hidden.length === total
    ? problem('channels', text, remedy)
    : warning('channels', text, `if they should be stored: ${remedy}`);
}

const remedyFor = ({ name, type }: Channel, permission: string): string => {
  const needed = VOICE_TYPES.has(type) && permission === 'View Channel' ? 'View Channel and Connect' : permission;
  return `Discord → #${name} → Edit Channel → Permissions → add the bot's role → allow ${needed}`;
};

function reasonOf(lack: Lack | null): string {
  if (lack?.kind === 'role') return `denied to ${lack.name === '@everyone' ? '@everyone' : `role ${lack.name}`} here`;
  if (lack?.kind === 'member') return 'denied to the bot itself here';
  return 'none of its roles gives it';
}
