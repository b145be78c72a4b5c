import { describe, expect, it } from '@jest/globals';
import { createMembers } from '../src/members.ts';
import { sanitiseObject } from '../src/sanitise.ts';
import { AUTHOR, GUILD, rawMessage } from './support/raw-message.ts';

const learned = (members: ReturnType<typeof createMembers>, type: string, data: object): void =>
  members.learn(type, sanitiseObject(data) ?? {});

describe('members', () => {
  it('are learned from authors, mentioned users, who reacted, and the bot’s own guild', () => {
    const members = createMembers();
    const mention = { id: '7', username: 'bob', member: { nick: 'Bobby', roles: [] } };
    learned(members, 'MESSAGE_CREATE', rawMessage({ member: { nick: 'Countess', roles: ['5'] }, mentions: [mention] }));
    const reactor = { nick: null, roles: [], user: { id: '8', username: 'eve', global_name: 'Eve' } };
    learned(members, 'MESSAGE_REACTION_ADD', { guild_id: GUILD, user_id: '8', member: reactor });
    learned(members, 'GUILD_CREATE', { id: GUILD, members: [{ nick: 'Bot', user: { id: '9', username: 'bot' } }] });
    learned(members, 'GUILD_MEMBER_UPDATE', {
      guild_id: GUILD,
      nick: 'B2',
      avatar: 'x',
      user: { id: '9', username: 'bot' },
    });
    expect(members.find(GUILD, AUTHOR)).toEqual({ name: 'Countess', nick: 'Countess', avatar: null, roleIds: ['5'] });
    expect([members.find(GUILD, '7')?.name, members.find(GUILD, '8')?.name]).toEqual(['Bobby', 'Eve']);
    expect(members.find(GUILD, '9')).toMatchObject({ name: 'B2', avatar: 'x' });
    expect(members.find('1', AUTHOR)).toBeUndefined();
  });

  it('I9: no more than stated are remembered, and the one seen least recently is forgotten', () => {
    const members = createMembers(2);
    const see = (id: string): void =>
      learned(members, 'MESSAGE_CREATE', { guild_id: GUILD, author: { id, username: id }, member: { nick: null } });
    for (const id of ['1', '2', '1', '3']) see(id);
    expect(['1', '2', '3'].map((id) => members.find(GUILD, id)?.name)).toEqual(['1', undefined, '3']);
  });
});
