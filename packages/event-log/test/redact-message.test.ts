import { describe, expect, it } from '@jest/globals';
import type { ForgottenAuthors } from '../src/forgotten-authors.ts';
import { redactMessage } from '../src/redact-message.ts';

const X = '777';
const xenia = { id: X, username: 'xenia', global_name: 'Xenia', avatar: null };
const OPTED_OUT: ForgottenAuthors = { version: 1, authors: new Map([[X, { beforeId: '0', isOptedOut: true }]]) };
const ERASED: ForgottenAuthors = { version: 1, authors: new Map([[X, { beforeId: '100', isOptedOut: false }]]) };

const redacted = (message: object, forgotten = OPTED_OUT, id = '5'): Record<string, unknown> =>
  JSON.parse(redactMessage(JSON.stringify({ id, ...message }), id, forgotten) ?? 'null');
const textOf = (content: string, text: string, mentions: readonly object[] = []): unknown => {
  const { display } = redacted({ content, mentions, display: { text } });
  return display;
};

describe('taking somebody out of a message', () => {
  it('leaves the very text of a message that does not name them', () => {
    const payload = '{ "id":"5" , "content":"\\"id\\":\\"777\\"", "author":{"id":"7771"}}';
    expect(redactMessage(payload, '5', OPTED_OUT)).toBe(payload);
  });

  it('does not judge what is no JSON', () => {
    expect(redactMessage(`{"id":"5","x":{"id":"${X}"},"content":"\u0000"}`, '5', OPTED_OUT)).toBeNull();
  });

  it('removes user objects wherever they are, and keeps everybody else', () => {
    const bob = { id: '5', username: 'bob' };
    expect(
      redacted({
        mentions: [xenia, bob],
        interaction_metadata: { id: '9', user: xenia, target_user: bob },
        resolved: { users: { [X]: xenia, 5: bob }, members: { [X]: { nick: 'Xe' } } },
      }),
    ).toEqual({
      id: '5',
      mentions: [bob],
      interaction_metadata: { id: '9', target_user: bob },
      resolved: { users: { 5: bob }, members: {} },
    });
  });

  it('makes a quote what Discord makes of a deleted one, and shows nothing of it', () => {
    const quote = { id: '1', content: 'words', author: xenia };
    const message = { content: '', referenced_message: quote, display: { text: 'words' } };
    expect(redacted(message)).toMatchObject({ referenced_message: null, display: { text: '' } });
    const said = redacted({ ...message, content: 'yes', display: { text: 'yes' } });
    expect(said).toMatchObject({ content: 'yes', referenced_message: null, display: { text: 'yes' } });
  });

  it('after an erasure takes the old words out of a new reply, and leaves new ones', () => {
    const quote = (id: string) => ({ referenced_message: { id, content: 'words', author: xenia }, mentions: [xenia] });
    expect(redacted(quote('99'), ERASED, '200')).toMatchObject({ referenced_message: null, mentions: [xenia] });
    expect(redacted(quote('101'), ERASED, '200')).toMatchObject(quote('101'));
    expect(redacted(quote('101'), ERASED, '50')).toMatchObject({ referenced_message: null, mentions: [] });
  });

  it.each([
    [`hi <@${X}>!`, 'hi @Nick of the guild!', 'hi @unknown-user!'],
    [
      `<@!${X}> and <@5> in <#1>: <t:1:R>`,
      '@Xe and @Bob in #general: 1970',
      '@unknown-user and @Bob in #general: 1970',
    ],
    [`<@${X}> in <#1> <t:1:R>`, '@Xe in #general 1970-01-01 00:00 UTC', ''],
    [`<@${X}> `.repeat(60), '@a '.repeat(59), ''],
    [`😀<@${X}>😀`, '😀@Xe 😀 e😀', '😀@unknown-user😀'],
    [`(<@${X}>) <:wave:12>`, '(@a (b) $&) :wave:', '(@unknown-user) :wave:'],
    ['<@5> alone', '@Bob alone', '@Bob alone'],
    [`<@${X}> by <@5>`, '@Xe by @night by @Bob', ''],
    [`</say it:9> <@${X}> <id:browse> <@&4>`, '/say it @Xe #browse @Helpers', '/say it @unknown-user #browse @Helpers'],
    [`cut <@${X}> short`, 'cut @Xe', ''],
  ])('finds the name in the text of %j', (content, text, expected) => {
    expect(textOf(content, text)).toEqual({ text: expected });
  });

  it('knows the names of mentioned users where the content does not mention them', () => {
    expect(textOf('', 'thanks @Xenia, @Bob', [xenia])).toEqual({ text: 'thanks @unknown-user, @Bob' });
  });
});
