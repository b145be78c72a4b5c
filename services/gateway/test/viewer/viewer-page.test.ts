import { describeWith, eventually, infrastructure } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { HOSTILE_TEXTS, hostileMessage } from './support/hostile.ts';
import { message, openStage, type Stage } from './support/stage.ts';

describeWith(infrastructure.chromium, 'the viewer in a browser', () => {
  let stage: Stage;
  let page: Page;

  const row = (id: number) => page.locator(`#messages > li[data-id="${id}"]`);
  const texts = (): Promise<string[]> => page.locator('#messages .text').allTextContents();
  const newestText = async (): Promise<string | undefined> => (await texts()).at(-1);

  beforeAll(async () => {
    stage = await openStage();
    stage.history = Array.from({ length: 1_000 }, (_, at) => message(1_000 + at, `text ${1_000 + at}`));
    page = await stage.open('/');
    await page.locator('#state[data-state="live"]').waitFor();
  }, 60_000);

  afterAll(() => stage.close());

  it('shows the newest of the history, oldest first, and what is written as it is written', async () => {
    await row(1_999).waitFor();
    // How many fit beside them is the window's affair.
    expect((await texts()).slice(-50)).toEqual(Array.from({ length: 50 }, (_, at) => `text ${1_950 + at}`));
    stage.send('MESSAGE_CREATE', message(2_000, 'a **new** one'));
    await row(2_000).waitFor();
    expect(await row(2_000).locator('strong').textContent()).toBe('new');
  });

  it('marks edits, empties deletes, counts reactions, and puts old messages where they belong', async () => {
    stage.send('MESSAGE_UPDATE', message(1_998, 'second thought', { edited_timestamp: '2026-11-01T13:00:00.000Z' }));
    stage.send('MESSAGE_DELETE', { id: '1997', channel_id: '2' });
    stage.send('MESSAGE_DELETE', { id: '77', channel_id: '2' });
    const emoji = { id: null, name: '🔥' };
    for (let times = 0; times < 2; times += 1) stage.send('MESSAGE_REACTION_ADD', { message_id: '1999', emoji });
    stage.send('SOMETHING_NEW', {});
    await row(1_999).locator('.reactions').waitFor();
    await eventually(async () => expect(await row(1_999).locator('.count').textContent()).toBe('2'));
    expect((await texts()).slice(-4)).toEqual(['deleted', 'second thought (edited)', 'text 1999', 'a new one']);
  });

  it('I9: holds few rows however far the reader scrolls, and pages back through all of the history', async () => {
    for (let first = ''; first !== 'text 1000'; first = (await texts())[0] ?? '') {
      await page.locator('#scroller').evaluate((scroller) => scroller.scrollTo(0, 0));
      expect(await page.locator('#messages > li').count()).toBeLessThanOrEqual(450);
      await eventually(async () => expect((await texts())[0]).not.toBe(first));
    }
    await page.locator('#beginning').waitFor();
  }, 60_000);

  it('I5: stays where the reader is while messages arrive, counts them, and comes back to all of them', async () => {
    const topText = (): Promise<string | null> => page.locator('#messages > li').first().textContent();
    const before = await topText();
    for (let id = 2_001; id <= 2_040; id += 1) {
      stage.history.push(message(id, `text ${id}`));
      stage.send('MESSAGE_CREATE', message(id, `text ${id}`));
    }
    await page.locator('#newest', { hasText: '40 new' }).waitFor();
    expect(await topText()).toBe(before);
    await page.locator('#newest').click();
    await row(2_040).waitFor();
    await eventually(async () => expect(await newestText()).toBe('text 2040'));
    expect((await texts()).slice(-40)).toEqual(Array.from({ length: 40 }, (_, at) => `text ${2_001 + at}`));
  });

  it('I9: keeps up with 3,000 messages at once, following the newest', async () => {
    for (let id = 3_000; id < 6_000; id += 1) stage.send('MESSAGE_CREATE', message(id, `text ${id}`));
    await row(5_999).waitFor();
    expect(await page.locator('#messages > li').count()).toBeLessThanOrEqual(450);
    const { bottom, height } = await row(5_999).evaluate((element) => ({
      bottom: element.getBoundingClientRect().bottom,
      height: innerHeight,
    }));
    expect(bottom).toBeLessThan(height);
  }, 60_000);

  it('goes to a pasted message link, and points at it', async () => {
    await page.locator('#query').fill('https://discord.com/channels/3/2/1500');
    await page.locator('#query').press('Enter');
    await page.locator('#messages > li.revealed[data-id="1500"]').waitFor();
    expect(new URL(page.url()).search).toBe('?channel_id=2&around=1500');
    expect(await page.locator('#title').textContent()).toBe('#general');
  });

  it('finds words, page after page, and goes to what it found', async () => {
    await page.locator('#query').fill('text 12');
    await page.locator('#query').press('Enter');
    await page.locator('#results-title', { hasText: 'Found' }).waitFor();
    await page.locator('#more-results').click();
    await page.locator('#found li[data-id="1250"]').locator('.jump').click();
    await page.locator('#messages > li.revealed[data-id="1250"]').waitFor();
    expect(await page.locator('#results').isHidden()).toBe(true);
  });

  it('shows one channel with its threads, and counts what is new in the others', async () => {
    await page.locator('#channels a', { hasText: 'workshop' }).click();
    await page.locator('#title', { hasText: '#workshop' }).waitFor();
    stage.send('MESSAGE_CREATE', message(6_001, 'elsewhere'));
    await page.locator('#channels a', { hasText: 'general' }).locator('.unread', { hasText: '1' }).waitFor();
    expect(await texts()).not.toContain('elsewhere');
    await page.locator('#channels a', { hasText: 'Everything' }).click();
  });

  it('takes nothing that strangers write for more than text', async () => {
    HOSTILE_TEXTS.forEach((text, at) => {
      stage.send('MESSAGE_CREATE', message(7_000 + at, text));
    });
    stage.send('MESSAGE_CREATE', hostileMessage(7_100));
    await row(7_100).waitFor();
    const list = page.locator('#messages');
    expect(await list.locator('script, iframe, svg, style, object, #markup, #label, img[src="x"]').count()).toBe(0);
    expect(
      await list
        .locator('a')
        .evaluateAll((links) => links.map((link) => new URL(String(Reflect.get(link, 'href'))).protocol)),
    ).not.toContain('javascript:');
    const handlers = await list
      .locator('*')
      .evaluateAll((all) => all.flatMap((element) => element.getAttributeNames().filter((name) => /^on/.test(name))));
    expect(handlers).toEqual([]);
    expect(await page.title()).toBe('Discord Message Streamer');
  });

  it('I5: comes back by itself after the connection is lost, with what it missed', async () => {
    stage.cut();
    stage.send('MESSAGE_CREATE', message(8_000, 'said meanwhile'));
    await row(8_000).waitFor();
    await page.locator('#state[data-state="live"]').waitFor();
  });

  it('shows its frames, and the lines that do the same elsewhere', async () => {
    await page.locator('#toggle-panel').click();
    const seq = stage.send('MESSAGE_CREATE', message(8_001, 'framed'));
    const frame = page.locator('.frames li', { hasText: `seq ${seq} ` });
    await frame.locator('summary', { hasText: 'MESSAGE_CREATE' }).click();
    await frame.locator('pre', { hasText: '"content": "framed"' }).waitFor();
    await page.locator('#tab-use').click();
    const lines = await page.locator('.snippet code').allTextContents();
    expect(lines[0]).toBe(`curl '${stage.origin}/messages?limit=10'`);
    expect(lines.join('\n')).toContain(`url: '${stage.origin.replace('http', 'ws')}/ws'`);
    await page.locator('#close-panel').click();
  });

  it('obeys its own content security policy, and nothing broke', () => {
    expect(stage.complaints).toEqual([]);
  });
});
