import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../src/random.ts';
import { createConversation, SCENES } from '../src/traffic/conversation.ts';
import { setStage } from '../src/traffic/stage.ts';
import type { Action } from '../src/world/action.ts';
import { applyAction } from '../src/world/apply-action.ts';
import { createWorld } from '../src/world/world.ts';
import { connectReader } from './support/reader.ts';
import { channelId, rawGet } from './support/rest.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

const LINES = SCENES.reduce((sum, scene) => sum + scene.lines.length, 0);

function converse(seed: number, steps: number) {
  const world = createWorld({ seed, now: Date.now, botName: 'Bot', maxMessages: 100_000 });
  const random = createRandom(seed);
  const actions: Action[] = [];
  const refused: string[] = [];
  const conversation = createConversation({
    stage: setStage(world, random),
    random,
    act: (action) => {
      actions.push(action);
      try {
        return applyAction(world, action);
      } catch (error) {
        refused.push(action.op);
        throw error;
      }
    },
  });
  for (let step = 0; step < steps; step += 1) conversation.step();
  const texts = actions.flatMap((action) => (action.op === 'message' ? [action.text] : []));
  return { world, actions, refused, texts };
}

describe('the built-in conversation', () => {
  const { start, closing } = createHarness();

  it('is the same for the same seed and another for another', () => {
    const [first, again, other] = [converse(7, 200), converse(7, 200), converse(8, 200)];
    expect(again.texts.filter((text) => !text.includes('<'))).toEqual(
      first.texts.filter((text) => !text.includes('<')),
    );
    expect(other.texts).not.toEqual(first.texts);
  });

  it('plays every scene before it plays one again, and nothing in it fails', () => {
    expect(LINES).toBeGreaterThan(200);
    const { actions, refused, world } = converse(1, LINES * 3);
    expect(refused.filter((op) => !['edit', 'react', 'pin', 'refresh'].includes(op))).toEqual([]);
    const ops = new Set(actions.map(({ op }) => op));
    for (const op of [
      'message',
      'edit',
      'delete',
      'bulk_delete',
      'react',
      'refresh',
      'thread',
      'post',
      'poll',
      'vote',
      'pin',
    ]) {
      expect(ops).toContain(op);
    }
    const extras = [...world.messages.values()].flatMap(({ extra }) => extra ?? []);
    expect(extras.some(({ attachments }) => attachments.length > 0)).toBe(true);
    expect(extras.some(({ webhook }) => webhook)).toBe(true);
    expect(extras.some(({ reference }) => reference?.kind === 'reply')).toBe(true);
  });

  it('leaves no slot, note or quotation unfinished, and mentions real people', () => {
    const { texts, world } = converse(3, LINES * 3);
    for (const text of texts) {
      expect(text).not.toMatch(/\{\w+(-\d+)?\}|''|¦|§|^\s*\^/);
      expect(text.trim()).not.toBe('');
      for (const [, id] of text.matchAll(/<@(\d+)>/g)) expect(world.users.has(id ?? '')).toBe(true);
    }
    const distinct = new Set(texts);
    expect(distinct.size / texts.length).toBeGreaterThan(0.5);
  });

  it('begins with the first client and can have a past, which only REST shows', async () => {
    const simulator = await start({ guilds: [], conversation: true, rate: 0, history: 50 });
    expect(simulator.status()).toMatchObject({ dispatches: 0 });
    expect(simulator.status().messages).toBeGreaterThanOrEqual(50);
    const page = await rawGet(simulator, `/channels/${channelId(simulator, 'general')}/messages`);
    const past: { timestamp: string }[] = await page.json();
    expect(past.length).toBeGreaterThan(0);
    expect(Date.parse(past[0]?.timestamp ?? '')).toBeLessThan(Date.now());
    const reader = closing(await connectReader(simulator));
    await reader.until(() => reader.of('MESSAGE_CREATE').length > 500);
    await reader.close();
    expect(simulator.truth().dispatches[0]?.type).toBeDefined();
  });
});
