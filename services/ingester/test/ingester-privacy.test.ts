import type { DiscordSimulator } from '@dms/discord-simulator';
import { checkLeaks, eventually, everyText } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { eventsOf, storedMessages } from './support/truth.ts';
import { useRig } from './support/use-rig.ts';

const { log, databaseUrl, startSimulator, startIngester, expectTruth } = useRig();
checkLeaks();

const WORDS = 'heliotrope-5512';
const DAY_MS = 86_400_000;
const TIMEOUT = { timeoutMs: 20_000, intervalMs: 100 };

const userIdOf = (simulator: DiscordSimulator, messageId: string): string =>
  simulator.truth().messages.find(({ id }) => id === messageId)?.author.id ?? '';

const untilDone = (erasureId: string): Promise<void> =>
  eventually(async () => expect((await log().erasure(erasureId))?.doneAtMs).not.toBeNull(), TIMEOUT);

const reasonsIn = async (simulator: DiscordSimulator) =>
  (await eventsOf(log(), simulator))
    .filter(({ type }) => type === 'MESSAGE_DELETE')
    .map(({ messageId, payload }) => [messageId, JSON.parse(payload).reason]);

/** An author who wrote, was quoted, mentioned, and reacted. */
function aLife(simulator: DiscordSimulator, user: string) {
  const own = simulator.createMessage({ channel: 'general', user, text: `${WORDS} one` }).id;
  simulator.editMessage(own, `${WORDS} two`);
  const reply = simulator.createMessage({ channel: 'general', user: 'ada', text: 'I agree', replyTo: own }).id;
  const userId = userIdOf(simulator, own);
  const mention = simulator.createMessage({ channel: 'general', user: 'ada', text: `dear <@${userId}>` }).id;
  simulator.act({ op: 'react', message: mention, user, emoji: '🔥' });
  return { own, reply, mention, userId };
}

describe('an erasure', () => {
  it('is done by the leading ingester, across a restart in the middle, and leaves nothing in the database', async () => {
    // The request is compared with the ids of messages, so the two clocks must be the same.
    let lastMs = 0;
    const simulator = await startSimulator({ now: () => (lastMs = Math.max(lastMs + 1, Date.now())) });
    const first = startIngester(simulator);
    await first.connected();
    const { own, reply, mention, userId } = aLife(simulator, 'xenia-quast');
    await expectTruth(simulator);
    const before = await everyText(databaseUrl());
    expect([before.includes(WORDS), before.includes('xenia-quast')]).toEqual([true, true]);
    await first.ingester.stop();

    // Asked for while nobody leads.
    const { id } = await log().requestErasure(userId);
    const second = startIngester(simulator);
    await second.connected();
    await untilDone(id);

    const after = await everyText(databaseUrl());
    expect([after.includes(WORDS), after.includes('xenia-quast')]).toEqual([false, false]);
    expect(await log().erasure(id)).toMatchObject({ messages: 1, redactions: 2 });
    expect(await reasonsIn(simulator)).toEqual([[own, 'erasure']]);
    const stored = await storedMessages(log(), simulator);
    expect(stored.map(({ id: messageId, content }) => [messageId, content ?? null])).toEqual([
      [own, null],
      [reply, 'I agree'],
      [mention, `dear <@${userId}>`],
    ]);
    // Not opted out: what is written from now on is stored.
    const later = simulator.createMessage({ channel: 'general', user: 'xenia-quast', text: 'I am back' }).id;
    await eventually(async () => expect(await log().message(later)).toMatchObject({ isDeleted: false }), TIMEOUT);
  });
});

describe('an opt-out', () => {
  it('holds for live dispatches and for what is fetched after a gap, and counts reactions without their owner', async () => {
    const simulator = await startSimulator();
    const first = startIngester(simulator);
    await first.connected();
    const { mention, userId } = aLife(simulator, 'yves-quast');
    await expectTruth(simulator);
    const { erasure } = await log().optOut(userId);
    const unwanted = simulator.createMessage({ channel: 'general', user: 'yves-quast', text: `${WORDS} three` }).id;
    simulator.editMessage(unwanted, `${WORDS} four`);
    const reply = simulator.createMessage({ channel: 'general', user: 'ada', text: 'why?', replyTo: unwanted }).id;
    simulator.act({ op: 'react', message: reply, user: 'yves-quast', emoji: '👋' });
    await untilDone(erasure.id);
    await eventually(async () => {
      const { reactions } = JSON.parse((await log().message(reply))?.payload ?? '{}');
      expect(reactions).toMatchObject([{ count: 1 }]);
    }, TIMEOUT);
    await first.ingester.stop();

    simulator.faults.add({ kind: 'expire_session' });
    const missed = simulator.createMessage({ channel: 'general', user: 'yves-quast', text: `${WORDS} five` }).id;
    const heard = simulator.createMessage({ channel: 'general', user: 'ada', text: 'anybody?', replyTo: missed }).id;
    const second = startIngester(simulator);
    await second.connected();
    await eventually(async () => expect(await log().message(heard)).toMatchObject({ isDeleted: false }), TIMEOUT);
    await eventually(async () => expect(await log().openGaps()).toEqual([]), TIMEOUT);

    expect([await log().message(unwanted), await log().message(missed)]).toEqual([null, null]);
    expect(await log().message(mention)).toMatchObject({ isDeleted: false });
    const after = await everyText(databaseUrl());
    expect([after.includes(WORDS), after.includes('yves-quast')]).toEqual([false, false]);
  });
});

describe('the retention', () => {
  it('deletes what is too old for good, once, and lets nothing that old in again', async () => {
    let nowMs = Date.now() - 40 * DAY_MS;
    const simulator = await startSimulator({ now: () => ++nowMs });
    const keeping = startIngester(simulator);
    await keeping.connected();
    const old = simulator.createMessage({ channel: 'general', user: 'ada', text: `${WORDS} old` }).id;
    simulator.editMessage(old, `${WORDS} older`);
    await expectTruth(simulator);
    await keeping.ingester.stop();

    const deleting = startIngester(simulator, { messageRetentionDays: 30, messageRetentionIntervalMs: 50 });
    await deleting.connected();
    await eventually(async () => expect((await log().message(old))?.isDeleted).toBe(true), TIMEOUT);
    await deleting.ingester.stop();
    const again = startIngester(simulator, { messageRetentionDays: 30, messageRetentionIntervalMs: 50 });
    await again.connected();
    // Discord still has it: shown again, by an edit, it stays away, and so does another one of that age.
    simulator.editMessage(old, `${WORDS} oldest`);
    const late = simulator.createMessage({ channel: 'general', user: 'ada', text: `${WORDS} late` }).id;
    nowMs = Date.now() - 10 * DAY_MS;
    const young = simulator.createMessage({ channel: 'general', user: 'ada', text: 'young' }).id;
    await eventually(async () => expect(await log().message(young)).not.toBeNull(), TIMEOUT);
    expect(await log().message(late)).toBeNull();
    await again.ingester.stop();
    expect(await log().message(young)).toMatchObject({ isDeleted: false });
    expect(await reasonsIn(simulator)).toEqual([[old, 'retention']]);
    expect(await everyText(databaseUrl())).not.toContain(WORDS);
  });
});
