import { describe, expect, it } from '@jest/globals';
import { createDirectory } from '../src/directory.ts';
import { displayOf } from '../src/display.ts';
import { objectAt, sanitiseObject } from '../src/sanitise.ts';
import { AUTHOR, CHANNEL, GUILD, rawMessage, THREAD } from './support/raw-message.ts';

const [WHITE, RED, BLUE, OLD_GREEN, NEW_PINK] = ['21', '22', '23', '24', '25'];

const directory = createDirectory();
directory.learn(
  'GUILD_CREATE',
  sanitiseObject({
    id: GUILD,
    name: 'The Guild',
    roles: [
      { id: WHITE, name: 'everyone', color: 0, position: 9 },
      { id: RED, name: 'red', color: 0xff0000, position: 2 },
      { id: BLUE, name: 'blue', color: 0x0000ff, position: 5 },
      { id: NEW_PINK, name: 'pink', color: 0xff00ff, position: 7 },
      { id: OLD_GREEN, name: 'green', color: 0x00ff00, position: 7 },
    ],
    channels: [{ id: CHANNEL, type: 0, name: 'general' }],
    threads: [{ id: THREAD, type: 11, name: 'side talk', parent_id: CHANNEL }],
  }) ?? {},
  { origin: 'live', stamp: () => 1, isNews: false },
);

function show(fields: object, { channelId = CHANNEL, hasMessageContent = true } = {}) {
  const message = rawMessage(fields);
  return displayOf(message, objectAt(message, 'author') ?? {}, {
    guildId: GUILD,
    channelId,
    directory,
    hasMessageContent,
  });
}

describe('display.text', () => {
  const ada = { id: AUTHOR, username: 'ada', global_name: 'Ada', member: { nick: 'Countess' } };
  it.each([
    ['a user by nickname', `hi <@${AUTHOR}> and <@!${AUTHOR}>`, 'hi @Countess and @Countess'],
    ['a user nobody told us about', 'hi <@99>', 'hi @unknown-user'],
    ['a role', `<@&${RED}> and <@&99>`, '@red and @unknown-role'],
    ['a channel', `<#${CHANNEL}>, <#${THREAD}> and <#99>`, '#general, #side talk and #unknown-channel'],
    ['custom emoji', '<:wave:123><a:party_blob:456>', ':wave::party_blob:'],
    [
      'a time',
      '<t:1700000000> <t:1700000000:R> <t:-1:D>',
      '2023-11-14 22:13 UTC 2023-11-14 22:13 UTC 1969-12-31 23:59 UTC',
    ],
    ['a time beyond all calendars', '<t:999999999999:F>', '999999999999'],
    ['a command', 'try </poll create:123>', 'try /poll create'],
    ['a page of the guild', 'see <id:customize>', 'see #customize'],
    ['what only looks like markup', '1 < 2 <b> <@> <#x> <t:> <@1', '1 < 2 <b> <@> <#x> <t:> <@1'],
  ])('resolves %s', (_what, content, text) => {
    expect(show({ content, mentions: [ada] }).text).toBe(text);
  });

  it('takes time proportional to the text, whatever the text', () => {
    const startedMs = performance.now();
    show({ content: '</a:'.repeat(200_000) });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

describe('display.text of messages without content', () => {
  const text = (fields: object): string => show({ content: '', ...fields }).text;
  it('is the text of its components, else what it forwards, else its question', () => {
    const components = [
      {
        type: 17,
        components: [
          { type: 10, content: '# Title' },
          { type: 9, components: [{ type: 10, content: `<@&${RED}>` }] },
        ],
      },
      { type: 1, components: [{ type: 2, label: 'Press' }] },
    ];
    expect(text({ components })).toBe('# Title\n@red');
    const message = { content: `see <#${CHANNEL}>`, mentions: [] };
    expect(text({ message_snapshots: [{ message }] })).toBe('see #general');
    expect(text({ poll: { question: { text: 'tea?' } } })).toBe('tea?');
    expect(text({ sticker_items: [{ id: '5', name: 'wave' }] })).toBe('');
  });

  const named = { author: { id: AUTHOR, username: 'ada', global_name: 'Ada' } };
  const result = (fields: Readonly<Record<string, string>>) => ({
    embeds: [{ type: 'poll_result', fields: Object.entries(fields).map(([name, value]) => ({ name, value })) }],
  });
  it.each([
    ['joined', { type: 7 }, 'Ada joined the server.'],
    ['boosted', { type: 8 }, 'Ada just boosted the server!'],
    [
      'boosted to a level',
      { type: 11, content: '2' },
      'Ada just boosted the server 2 times! The Guild has achieved Level 3!',
    ],
    ['pinned', { type: 6 }, 'Ada pinned a message to this channel.'],
    ['added somebody', { type: 1, mentions: [{ id: '5', username: 'bob' }] }, 'Ada added bob.'],
    ['renamed the channel', { type: 4, content: 'lobby' }, 'Ada changed the channel name: lobby'],
    [
      'followed',
      { type: 12, content: 'News #all' },
      'Ada has added News #all to this channel. Its most important updates will show up here.',
    ],
    ['started a thread', { type: 18, content: 'aside' }, 'Ada started a thread: aside'],
    ['a thread’s starter', { type: 21, referenced_message: { content: `hi <@&${RED}>` } }, 'hi @red'],
    [
      'a thread’s lost starter',
      { type: 21, referenced_message: null },
      'Sorry, we couldn’t load the first message in this thread.',
    ],
    [
      'AutoMod',
      { type: 24, embeds: [{ fields: [{ name: 'rule_name', value: 'Spam' }] }] },
      'AutoMod has blocked a message of Ada (rule: Spam).',
    ],
    [
      'subscribed',
      { type: 25, role_subscription_data: { tier_name: 'Gold', total_months_subscribed: 3, is_renewal: true } },
      'Ada renewed Gold and has been a subscriber of The Guild for 3 months!',
    ],
    ['a stage', { type: 27, content: 'Town hall' }, 'Ada started Town hall'],
    [
      'a poll that was won',
      {
        type: 46,
        ...result({
          poll_question_text: 'tea?',
          victor_answer_text: 'yes',
          victor_answer_votes: '2',
          total_votes: '3',
        }),
      },
      'Ada’s poll “tea?” has closed. yes won (2 of 3 votes).',
    ],
    [
      'a poll that was not',
      { type: 46, ...result({ poll_question_text: 'tea?', victor_answer_votes: '1', total_votes: '2' }) },
      'Ada’s poll “tea?” has closed. The result was a draw (1 of 2 votes).',
    ],
    [
      'a poll that nobody answered',
      { type: 46, ...result({ poll_question_text: 'tea?', total_votes: '0' }) },
      'Ada’s poll “tea?” has closed. There were no votes.',
    ],
    ['what Discord adds later', { type: 999 }, '(message of type 999)'],
    ['what Discord adds later, with words', { type: 999, content: 'words' }, 'words'],
    ['a command', { type: 20, content: 'done' }, 'done'],
  ])('is what Discord’s clients say: %s', (_what, fields, expected) => {
    expect(text({ ...named, ...fields })).toBe(expected);
  });

  it('is something for every type there is, and never throws', () => {
    const written = [0, 19, 20, 23];
    const types = Array.from({ length: 60 }, (_, type) => type).filter((type) => !written.includes(type));
    for (const type of types) expect(text({ type, message_snapshots: 5, embeds: [null] })).not.toBe('');
  });
});

describe('display of what only dispatches tell', () => {
  it('takes the member last seen for a message that comes without, but none for a webhook', () => {
    const seen = createDirectory();
    const guild = { id: GUILD, name: 'The Guild', roles: [{ id: RED, name: 'red', color: 0xff0000, position: 2 }] };
    const sighting = { origin: 'live', stamp: () => 1, isNews: true } as const;
    seen.learn('GUILD_CREATE', guild, sighting);
    seen.learn('MESSAGE_CREATE', rawMessage({ member: { nick: 'Countess', roles: [RED], avatar: 'cafe' } }), sighting);
    const display = (fields: object) => {
      const message = rawMessage({ member: undefined, ...fields });
      const context = { guildId: GUILD, channelId: CHANNEL, directory: seen, hasMessageContent: true };
      return displayOf(message, objectAt(message, 'author') ?? {}, context);
    };
    expect(display({})).toMatchObject({ author_name: 'Countess', author_color: '#ff0000' });
    expect(display({}).author_avatar_url).toMatch(/cafe\.png$/);
    expect(display({ webhook_id: '5' })).toMatchObject({ author_name: 'Ada', author_color: null });
    expect(display({ content: `<@${AUTHOR}>` }).text).toBe('@Countess');
  });
});

describe('display.links_expire_at', () => {
  const file = (ex: string) => ({ url: `https://cdn.discordapp.com/attachments/1/2/a.png?ex=${ex}&is=1&hm=2&` });
  it('is the earliest end of the links to files, also of forwarded ones', () => {
    const hex = (seconds: number): string => seconds.toString(16);
    const message_snapshots = [{ message: { attachments: [file(hex(1_800_000_000))] } }];
    expect(show({ attachments: [file(hex(1_900_000_000))], message_snapshots }).links_expire_at).toBe(
      '2027-01-15T08:00:00.000Z',
    );
    expect(show({ attachments: [{ url: 'https://cdn.discordapp.com/a.png' }] }).links_expire_at).toBeNull();
    expect(show({ attachments: [file('zz'), file('ffffffffff')] }).links_expire_at).toBeNull();
    expect(show({}).links_expire_at).toBeNull();
  });
});

describe('display.author_name', () => {
  const author = { id: AUTHOR, username: 'ada', global_name: 'Ada' };
  it('is the nickname, else the global name, else the username', () => {
    expect(show({ author, member: { nick: 'Countess', roles: [] } }).author_name).toBe('Countess');
    expect(show({ author, member: { nick: null, roles: [] } }).author_name).toBe('Ada');
    expect(show({ author: { ...author, global_name: null }, member: {} }).author_name).toBe('ada');
    expect(show({ author: { id: AUTHOR }, member: null }).author_name).toBe('unknown-user');
  });
});

describe('display.author_color', () => {
  const color = (...roles: string[]): string | null => show({ member: { roles } }).author_color;
  it('is that of the highest role that has one', () => {
    expect(color(RED, BLUE)).toBe('#0000ff');
    expect(color(WHITE, RED)).toBe('#ff0000');
    expect(color(WHITE)).toBeNull();
    expect(color('99')).toBeNull();
  });
  it('is that of the older role when two stand on one step', () => {
    expect(color(NEW_PINK, OLD_GREEN)).toBe('#00ff00');
  });
  it('is nobody’s for a webhook, which is no member', () => {
    expect(show({ webhook_id: '5', member: undefined }).author_color).toBeNull();
  });
});

describe('display.author_avatar_url', () => {
  const url = (author: object, member: object | null = null): string =>
    show({ author: { id: AUTHOR, ...author }, member }).author_avatar_url;
  it('is the avatar of the guild, else of the user', () => {
    expect(url({ avatar: 'u1' }, { avatar: 'g1' })).toBe(
      `https://cdn.discordapp.com/guilds/${GUILD}/users/${AUTHOR}/avatars/g1.png`,
    );
    expect(url({ avatar: 'u1' }, { avatar: null })).toBe(`https://cdn.discordapp.com/avatars/${AUTHOR}/u1.png`);
  });
  it('is the default that Discord shows for those who have none', () => {
    const index = (BigInt(AUTHOR) >> 22n) % 6n;
    expect(url({ avatar: null, discriminator: '0' })).toBe(`https://cdn.discordapp.com/embed/avatars/${index}.png`);
    expect(url({ avatar: null, discriminator: '0007' })).toBe('https://cdn.discordapp.com/embed/avatars/2.png');
    // Webhooks.
    expect(url({ avatar: null, discriminator: '0000' })).toBe('https://cdn.discordapp.com/embed/avatars/0.png');
  });
});

describe('display of the place', () => {
  it('names channel and guild, and the parent of a thread', () => {
    expect(show({})).toMatchObject({ channel_name: 'general', guild_name: 'The Guild', parent_id: null });
    expect(show({}, { channelId: THREAD })).toMatchObject({ channel_name: 'side talk', parent_id: CHANNEL });
  });
  it('stays empty for a place nobody told us about', () => {
    expect(show({}, { channelId: '99' })).toMatchObject({ channel_name: '', parent_id: null });
  });
});

describe('display.content_available', () => {
  it('tells withheld content from an empty message', () => {
    expect(show({ content: '' }).content_available).toBe(true);
    expect(show({ content: '' }, { hasMessageContent: false }).content_available).toBe(false);
    expect(show({ content: '<@1> hi' }, { hasMessageContent: false }).content_available).toBe(true);
    expect(show({ content: '', embeds: [{}] }, { hasMessageContent: false }).content_available).toBe(true);
  });
});
