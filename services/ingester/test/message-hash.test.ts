import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentHash } from '../src/message-hash.ts';
import { type JsonObject, sanitiseObject } from '../src/sanitise.ts';
import { AUTHOR, rawMessage, restMessage } from './support/raw-message.ts';

const attachment = (query: string): object => ({
  id: '1500000000000000001',
  url: `https://cdn.discordapp.com/attachments/1/2/cat.png?${query}`,
  proxy_url: `https://media.discordapp.net/attachments/1/2/cat.png?${query}`,
});

describe('contentHash (I8: an event is appended iff the message changes)', () => {
  it('does not depend on the order of keys', () => {
    const dictionary = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 8 });
    fc.assert(
      fc.property(dictionary, (value) => {
        const forwards: JsonObject = sanitiseObject(value) ?? {};
        const backwards = Object.fromEntries(Object.entries(forwards).toReversed());
        expect(contentHash(backwards)).toBe(contentHash(forwards));
      }),
    );
  });

  it('is the same for the form of the Discord gateway and the form of REST', () => {
    const mentioned = { id: '1300000000000000009', username: 'bob' };
    const live = rawMessage({ mentions: [{ ...mentioned, member: { nick: 'B', roles: [] } }] });
    const fetched = restMessage({ mentions: [{ ...mentioned, banner: null, accent_color: 7 }] });
    expect(contentHash(fetched)).toBe(contentHash(live));
  });

  it('absent, null and empty lists are the same nothing', () => {
    const { edited_timestamp, embeds, ...bare } = rawMessage();
    expect(contentHash(bare)).toBe(contentHash(rawMessage()));
  });

  it('freshly signed links of Discord are no change, another file is', () => {
    const hash = (query: string): string => contentHash(rawMessage({ attachments: [attachment(query)] }));
    expect(hash('ex=aa&is=bb&hm=cc&')).toBe(hash('ex=11&is=22&hm=33&'));
    expect(hash('ex=aa&is=bb&hm=cc&width=10')).not.toBe(hash('ex=aa&is=bb&hm=cc&width=20'));
    expect(contentHash(rawMessage({ attachments: [] }))).not.toBe(hash('ex=aa'));
  });

  it('text that begins with a link to Discord’s files counts to its end', () => {
    // The first version cut such a content at its question mark, so that the edit below went unnoticed.
    const content = 'https://cdn.discordapp.com/attachments/1/2/cat.png?ex=1 look at this';
    expect(contentHash(rawMessage({ content }))).not.toBe(
      contentHash(rawMessage({ content: content.replace('this', 'that') })),
    );
  });

  it('a renamed author is no change of the message, another author is', () => {
    const renamed = { id: AUTHOR, username: 'ada2', global_name: 'Countess', avatar: 'f00' };
    expect(contentHash(rawMessage({ author: renamed }))).toBe(contentHash(rawMessage()));
    expect(contentHash(rawMessage({ author: { ...renamed, id: '1' } }))).not.toBe(contentHash(rawMessage()));
  });

  it.each([
    { content: 'other' },
    { edited_timestamp: '2026-11-22T11:00:00.000Z' },
    { embeds: [{ title: 'unfurled' }] },
    { pinned: true },
    { flags: 4 },
    { some_future_field: 1 },
  ])('sees a change of what a reader sees: %j', (fields) => {
    expect(contentHash(rawMessage(fields))).not.toBe(contentHash(rawMessage()));
  });
});
