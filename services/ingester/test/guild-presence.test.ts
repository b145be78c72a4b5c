import type { LogEvent } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import { createGuildPresence } from '../src/guild-presence.ts';

const leave = (guildId: string): LogEvent => ({
  ...{ seq: 1, term: 1, type: 'GUILD_DELETE', guildId, payload: '{}' },
  ...{ channelId: null, parentId: null, authorId: null, messageId: null },
});
const absent = (presence: ReturnType<typeof createGuildPresence>) => ['1', '2', '3'].filter(presence.isAbsent);

describe('guild presence', () => {
  it('is unknown until READY, which names every guild; GUILD_CREATE adds to it', () => {
    const presence = createGuildPresence(() => false);
    expect(absent(presence)).toEqual([]);
    presence.ready(['1']);
    expect(absent(presence)).toEqual(['2', '3']);
    presence.learn('GUILD_CREATE', { id: '2' });
    presence.resumed();
    expect(absent(presence)).toEqual(['3']);
    presence.forget();
    expect(absent(presence)).toEqual([]);
  });

  it('is, after a RESUME, what was replayed, and of guilds nobody watches unknown', () => {
    const presence = createGuildPresence((guildId) => guildId !== '3');
    presence.learn('GUILD_CREATE', { id: '1' });
    expect(absent(presence)).toEqual([]);
    presence.resumed();
    expect(absent(presence)).toEqual(['2']);
  });

  it('lasts until a leave is stored, and through outages', () => {
    const presence = createGuildPresence(() => true);
    presence.ready(['1', '2', '3']);
    presence.learn('GUILD_DELETE', { id: '1' });
    presence.learn('GUILD_DELETE', { id: '2', unavailable: true });
    presence.learn('GUILD_DELETE', { id: '3' });
    presence.learn('GUILD_CREATE', { id: '3' });
    expect(absent(presence)).toEqual([]);
    presence.stored([leave('1'), leave('2'), leave('3')]);
    expect(absent(presence)).toEqual(['1']);
  });
});
