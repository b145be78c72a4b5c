import { describe, expect, it } from '@jest/globals';
import type { Change, EventLog, LogWriter, MessageChange } from '../../src/index.ts';
import { deletion, message, messages, nextStamp, thumbGone, thumbUp } from '../support/changes.ts';
import type { TestLog } from '../support/use-event-log.ts';

const X = '777';
const WORDS = 'zebra-crossing-4711';
const NAME = 'Xenia Quast';
const xenia = { id: X, username: 'xenia', global_name: NAME, avatar: null };
const author = { id: '900', username: 'ada' };
const display = (text: string, name = 'Ada') => ({ text, author_name: name });

/** A message of somebody else that quotes the author, names them in its text, and has a file. */
const naming = (id: string, overrides: Partial<MessageChange> = {}): MessageChange =>
  message(id, `naming ${id}`, {
    payload: JSON.stringify({
      ...{ id, content: `well <@${X}>, in <#10> <@5>`, author, mentions: [xenia, { id: '5', username: 'bob' }] },
      referenced_message: { id: '1', content: WORDS, author: xenia, mentions: [] },
      display: display(`well @${NAME}, in #general @bob`),
    }),
    ...overrides,
  });

const ofX = (id: string, overrides: Partial<MessageChange> = {}): MessageChange =>
  message(id, `${WORDS} ${id}`, {
    authorId: X,
    payload: JSON.stringify({ id, content: WORDS, author: xenia, display: display(WORDS, NAME) }),
    ...overrides,
  });

/** Everything every table holds, with dead letters in the clear. */
async function everything({ sql }: TestLog): Promise<string> {
  const tables = await sql(
    `SELECT relname::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  const rows = await Promise.all(tables.map(({ name }) => sql(`SELECT t::text AS row FROM "${String(name)}" AS t`)));
  const letters = await sql(`SELECT convert_from(decode(change, 'base64'), 'UTF8') AS change FROM dead_letter`);
  return JSON.stringify([...rows, letters]);
}

/** What an ingester does for an erasure, in one go. */
async function erase(log: EventLog, writer: LogWriter, erasureId: string): Promise<void> {
  const base = { origin: 'reconcile', erasureId } as const;
  const own = await log.authoredMessages(erasureId, '0', 100);
  const deletes = own.map(
    (place): Change => ({
      kind: 'delete',
      ...place,
      ...base,
      bulkId: null,
      reason: 'erasure',
      observedAt: log.stamp(),
    }),
  );
  const { messages: found, examinedId } = await log.namingMessages(erasureId, '0', 1_000);
  const redactions = found.map(
    ({ id, guildId, channelId, isLogged }): Change => ({
      ...{ kind: 'redact', id, guildId, channelId, isLogged, userId: X, observedAt: log.stamp(), ...base },
    }),
  );
  await writer.append([
    ...deletes,
    ...redactions,
    { kind: 'erasure', id: erasureId, cursorId: examinedId ?? '0', isDone: true },
  ]);
}

const typesOf = (events: readonly { readonly type: string; readonly messageId: string | null }[]) =>
  events.map(({ type, messageId }) => `${type} ${messageId}`);

export function describePrivacy(current: () => TestLog): void {
  describe('erasure and opt-out', () => {
    it('erases an author everywhere: messages, what they said before, quotes, names, reactions, dead letters', async () => {
      const { log, becomeWriter, sql } = current();
      const writer = await becomeWriter();
      await writer.append([
        ofX('1'),
        ofX('2'),
        naming('3'),
        message('4', 'stays', { payload: JSON.stringify({ id: '4', content: 'stays', author }) }),
        ofX('5', { payload: `{"content":"${WORDS}","n":"\u0000"}` }),
      ]);
      const payload = JSON.stringify({ message_id: '4', user_id: X, display: { user_name: NAME } });
      await writer.append([
        ofX('1', { editedAtMs: 5, hash: 'edited' }),
        naming('3', { editedAtMs: 6, hash: 'edited', payload: '{"id":"3","content":"now without"}' }),
        thumbUp('4', X, { payload }),
        thumbUp('4', '5'),
      ]);
      const before = await everything(current());
      expect([before.includes(WORDS), before.includes(NAME)]).toEqual([true, true]);

      const request = await log.requestErasure(X);
      expect(request).toMatchObject({ userId: X, doneAtMs: null, messages: 0 });
      expect(await log.pendingErasure()).toEqual({ id: request.id, userId: X, cursorId: null });
      await erase(log, writer, request.id);

      const after = await everything(current());
      expect([after.includes(WORDS), after.includes(NAME), after.includes('xenia')]).toEqual([false, false, false]);
      expect(await log.erasure(request.id)).toMatchObject({ messages: 2, redactions: 2, deadLetters: 1 });
      expect((await log.erasure(request.id))?.doneAtMs).toEqual(expect.any(Number));
      expect(await log.pendingErasure()).toBeNull();
      const events = await log.read(1, 100);
      expect(typesOf(events.slice(-4))).toEqual([
        'MESSAGE_DELETE 1',
        'MESSAGE_DELETE 2',
        'MESSAGE_UPDATE 3',
        'MESSAGE_UPDATE 4',
      ]);
      expect(JSON.parse(events.at(-4)?.payload ?? '')).toMatchObject({ id: '1', reason: 'erasure' });
      expect(events.at(-1)?.payload).toMatch(/,"redacted":true,"origin":"reconcile"\}$/);
      expect(await sql('SELECT user_id::text FROM mark')).toEqual([{ user_id: '5' }]);
      // The counts stay, and so does everybody else.
      expect(JSON.parse((await log.message('4'))?.payload ?? '')).toMatchObject({
        content: 'stays',
        reactions: [{ count: 2 }],
      });
    });

    it('takes quote, mention and name out of a message that stays, and keeps what it said before without them', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([ofX('1'), naming('3')]);
      await writer.append([naming('3', { editedAtMs: 6, hash: 'edited' })]);
      await erase(log, writer, (await log.requestErasure(X)).id);

      const revisions = await log.revisions('3');
      expect(revisions).toHaveLength(1);
      for (const payload of [(await log.message('3'))?.payload ?? '', ...revisions]) {
        expect(JSON.parse(payload)).toMatchObject({
          content: `well <@${X}>, in <#10> <@5>`,
          mentions: [{ id: '5', username: 'bob' }],
          referenced_message: null,
          display: { text: 'well @unknown-user, in #general @bob' },
        });
      }
      // What Discord shows of it is what was stored: nothing new.
      expect(await writer.append([naming('3', { editedAtMs: 6, hash: 'edited' })])).toMatchObject({ events: [] });
    });

    it('stores nothing again that was written before the erasure, and what is written afterwards', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await log.requestErasure(X);
      const later = (BigInt(Date.now() + 60_000 - 1_420_070_400_000) << 22n).toString();
      const result = await writer.append([ofX('1'), naming('3'), ofX(later)]);

      expect(typesOf(result.events)).toEqual(['MESSAGE_CREATE 3', `MESSAGE_CREATE ${later}`]);
      expect(JSON.parse(result.events[0]?.payload ?? '')).toMatchObject({ referenced_message: null });
    });

    it('I3: from the answer to an opt-out on nothing of the author is committed, by whichever writer', async () => {
      const { log, becomeWriter, openAnother } = current();
      const writer = await becomeWriter();
      await writer.append([ofX('1')]);
      const gateway = await openAnother();
      const { erasure } = await gateway.optOut(X);
      const payload = JSON.stringify({ message_id: '4', user_id: X, display: { user_name: NAME } });
      const { events } = await writer.append([
        ofX('2'),
        ofX('5', { payload: `{"content":"${WORDS}","n":"\u0000"}` }),
        naming('3'),
        message('4', 'stays'),
        thumbUp('4', X, { payload }),
        deletion('6'),
      ]);

      expect(typesOf(events)).toEqual([
        'MESSAGE_CREATE 3',
        'MESSAGE_CREATE 4',
        'MESSAGE_REACTION_ADD 4',
        'MESSAGE_DELETE 6',
      ]);
      expect(JSON.parse(events[2]?.payload ?? '')).toEqual({ message_id: '4', origin: 'live' });
      expect(JSON.parse((await log.message('4'))?.payload ?? '')).toMatchObject({ reactions: [{ count: 1 }] });
      await erase(log, writer, erasure.id);
      const after = await everything(current());
      expect([after.includes(WORDS), after.includes(NAME), after.includes('xenia')]).toEqual([false, false, false]);
      // A reaction that nobody owns goes as it came.
      await writer.append([thumbGone('4', X)]);
      expect(JSON.parse((await log.message('4'))?.payload ?? '')).not.toHaveProperty('reactions');
    });

    it('opts out once, lists it, and opts in again for what is written from then on', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([ofX('1')]);
      const first = await log.optOut(X);
      expect(await log.optOut(X)).toEqual(first);
      expect(await log.optOuts('0', 10)).toEqual([first]);
      expect(await log.optOuts(X, 10)).toEqual([]);
      await erase(log, writer, first.erasure.id);
      expect(await log.findOptOut(X)).toMatchObject({ userId: X, erasure: { messages: 1 } });

      expect([await log.optIn(X), await log.optIn(X)]).toEqual([true, false]);
      expect([await log.findOptOut(X), await log.optOuts('0', 10)]).toEqual([null, []]);
      const later = (BigInt(Date.now() + 60_000 - 1_420_070_400_000) << 22n).toString();
      expect(typesOf((await writer.append([ofX('2'), ofX(later)])).events)).toEqual([`MESSAGE_CREATE ${later}`]);
    });

    it('an erasure that is interrupted goes on where it was, and counts nothing twice', async () => {
      const { log, becomeWriter, openAnother } = current();
      const writer = await becomeWriter();
      await writer.append([...messages(100, 5, { authorId: X }), naming('3')]);
      const { id: erasureId } = await log.requestErasure(X);
      const [first] = await log.authoredMessages(erasureId, '0', 1);
      if (first === undefined) throw new Error('nothing is found');
      const base = { origin: 'reconcile', erasureId } as const;
      const change = { kind: 'delete', ...first, ...base, bulkId: null, reason: 'erasure' } as const;
      const batch: Change[] = [{ ...change, observedAt: log.stamp() }];
      await writer.append(batch);
      await writer.append(batch);
      await writer.release();

      const other = await openAnother();
      const next = await becomeWriter(other, 'b');
      expect(await other.pendingErasure()).toMatchObject({ id: erasureId });
      await erase(other, next, erasureId);
      expect(await other.erasure(erasureId)).toMatchObject({ messages: 5, redactions: 1 });
      expect((await other.namingMessages(erasureId, '0', 100)).messages.map(({ isLogged }) => isLogged)).toEqual([
        false,
      ]);
    });

    it('I8: feeding a redaction again changes nothing', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([naming('3')]);
      const { id: erasureId } = await log.requestErasure(X);
      const place = { id: '3', guildId: '1', channelId: '10' };
      const change: Change = {
        ...{ kind: 'redact', ...place, userId: X, erasureId, isLogged: true, origin: 'reconcile' },
        observedAt: nextStamp(),
      };
      expect((await writer.append([change, message('9', 'between'), change])).events).toHaveLength(2);
      expect((await writer.append([change])).events).toEqual([]);
      expect(await log.erasure(erasureId)).toMatchObject({ redactions: 1 });
    });

    it('finds what is older than the retention, page by page, tombstones left out', async () => {
      const { log, becomeWriter } = current();
      const writer = await becomeWriter();
      await writer.append([...messages(1, 4), deletion('2')]);

      const page = await log.messagesBefore('4', '0', 2);
      expect(page).toMatchObject({ examinedId: '2', messages: [{ id: '1', guildId: '1', channelId: '10' }] });
      expect((await log.messagesBefore('4', '2', 2)).messages.map(({ id }) => id)).toEqual(['3']);
      expect(await log.messagesBefore('4', '3', 2)).toEqual({ examinedId: null, messages: [] });
    });

    it('forgets old dead letters', async () => {
      const { log, becomeWriter, sql } = current();
      const writer = await becomeWriter();
      await writer.append([message('1', 'x', { authorId: 'abc' })]);
      expect(await log.pruneDeadLetters(60_000)).toBe(0);
      await sql(`UPDATE dead_letter SET at = now() - interval '2 minutes'`);
      expect(await log.pruneDeadLetters(60_000)).toBe(1);
    });
  });
}
