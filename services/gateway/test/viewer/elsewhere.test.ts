import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { describeWith, eventually, infrastructure } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { HOSTILE_TEXTS, hostileMessage } from './support/hostile.ts';
import { message, openStage, type Stage } from './support/stage.ts';

/** Somebody's website, as strict about its own scripts and styles as a site can be. */
function createSite(gateway: () => string): Server {
  return createServer((req, res) => {
    const { origin } = new URL(gateway());
    res.setHeader('Content-Type', 'text/html; charset=utf-8');
    const policy = `default-src 'none'; script-src ${origin}; connect-src ${origin} ${origin.replace('http', 'ws')}; style-src 'self'; img-src https://*.discordapp.com https://*.discordapp.net; frame-src ${origin}`;
    if (req.url !== '/frame') res.setHeader('Content-Security-Policy', policy);
    const widget = `<script src="${origin}/embed.js" defer></script><discord-messages channel-id="2" limit="5"></discord-messages>`;
    res.end(
      `<!doctype html><title>A website</title>${req.url === '/frame' ? `<iframe src="${origin}/overlay"></iframe>` : widget}`,
    );
  });
}

describeWith(infrastructure.chromium, 'the overlay and the widget in a browser', () => {
  let stage: Stage;
  let site: Server;
  let website: string;
  let stranger: string;

  beforeAll(async () => {
    site = createSite(() => stage.origin);
    site.listen(0);
    await once(site, 'listening');
    const address = site.address();
    if (address === null || typeof address === 'string') throw new TypeError('the site has no port');
    website = `http://localhost:${address.port}`;
    stranger = `http://127.0.0.1:${address.port}`;
    stage = await openStage([website]);
    stage.history = Array.from({ length: 20 }, (_, at) => message(1_000 + at, `text ${1_000 + at}`));
  }, 60_000);

  afterAll(async () => {
    await stage.close();
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
  });

  describeOverlay(() => stage);

  it('the overlay may stand in a frame of any site, the viewer may not', async () => {
    const overlay = await fetch(`${stage.origin}/overlay`);
    expect(overlay.headers.get('content-security-policy')).toContain('frame-ancestors *');
    expect(overlay.headers.get('x-frame-options')).toBeNull();
    const viewer = await fetch(`${stage.origin}/`);
    expect(viewer.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
    const page = await stage.open(`${website}/frame`);
    await page.frameLocator('iframe').locator('body[data-state="open"]').waitFor();
    await page.close();
  });

  it('the widget shows a channel on another site, live, with its states, and obeys that site’s policy', async () => {
    const page = await stage.open(website);
    const widget = page.locator('discord-messages');
    await page.locator('discord-messages[state="live"]').waitFor();
    const rows = (): Promise<string[]> => widget.locator('.row .text').allTextContents();
    await eventually(async () =>
      expect(await rows()).toEqual([1_015, 1_016, 1_017, 1_018, 1_019].map((id) => `text ${id}`)),
    );
    stage.send('MESSAGE_CREATE', message(1_020, 'live on a **website**'));
    stage.send('MESSAGE_DELETE', { id: '1019', channel_id: '2' });
    await widget.locator('.row[data-id="1020"]').waitFor();
    await stage.picture(page, 'widget');
    stage.send('MESSAGE_CREATE', hostileMessage(1_021));
    await widget.locator('.row[data-id="1021"]').waitFor();
    expect((await rows()).slice(0, 4)).toEqual(['text 1017', 'text 1018', 'deleted', 'live on a website']);
    expect(
      await widget
        .locator('.row[data-id="1020"] strong')
        .evaluate((element) => getComputedStyle(element.closest('.row') ?? element).display),
    ).toBe('grid');
    stage.cut();
    stage.send('MESSAGE_CREATE', message(1_022, 'said meanwhile'));
    await widget.locator('.row[data-id="1022"]').waitFor();
    expect(await page.title()).toBe('A website');
    await page.close();
  });

  it('the widget says on a site that is not allowed what its operator has to do', async () => {
    const page = await stage.browser.newPage();
    await page.goto(stranger);
    await page.locator('discord-messages[state="waiting"]').waitFor();
    const reason = await page.locator('discord-messages').locator('.status').getAttribute('title');
    expect(reason).toContain(`ALLOWED_ORIGINS lack ${stranger}`);
    await page.close();
  });

  it('broke nothing and no policy', () => {
    expect(stage.complaints).toEqual([]);
  });
});

function describeOverlay(stageOf: () => Stage): void {
  const lines = (page: Page): Promise<string[]> => page.locator('.line').allTextContents();

  it('the overlay is transparent, shows what arrives, and takes a deleted message off the air at once', async () => {
    const stage = stageOf();
    const page = await stage.open('/overlay?channel_id=2&max=3&history=2&avatars=0&color=gold&size=30');
    await page.locator('.line[data-id="1019"]').waitFor();
    const { background, color, size } = await page.evaluate(() => {
      const { color, fontSize } = getComputedStyle(document.body);
      return { background: getComputedStyle(document.documentElement).backgroundColor, color, size: fontSize };
    });
    expect([background, color, size]).toEqual(['rgba(0, 0, 0, 0)', 'rgb(255, 215, 0)', '30px']);
    await page.locator('body[data-state="open"]').waitFor();
    stage.send('MESSAGE_CREATE', message(2_000, 'on _air_'));
    stage.send('MESSAGE_CREATE', message(2_001, 'regretted'));
    await page.locator('.line[data-id="2001"]').waitFor();
    expect(await lines(page)).toEqual(['Ada Lovelacetext 1019', 'Ada Lovelaceon air', 'Ada Lovelaceregretted']);
    stage.send('MESSAGE_DELETE', { id: '2001', channel_id: '2' });
    stage.send('MESSAGE_UPDATE', message(2_000, 'still on air'));
    await eventually(async () =>
      expect(await lines(page)).toEqual(['Ada Lovelacetext 1019', 'Ada Lovelacestill on air']),
    );
    await stage.picture(page, 'overlay');
    await page.close();
  });

  it('the overlay lets lines fade, and shows attacks as words', async () => {
    const stage = stageOf();
    const page = await stage.open('/overlay?fade=1');
    await page.locator('body[data-state="open"]').waitFor();
    HOSTILE_TEXTS.forEach((text, at) => {
      stage.send('MESSAGE_CREATE', message(3_000 + at, text));
    });
    stage.send('MESSAGE_CREATE', hostileMessage(3_100));
    await page.locator('.line[data-id="3100"]').waitFor();
    expect(await page.locator('#lines').locator('script, iframe, svg, style, #markup, img[src="x"]').count()).toBe(0);
    await eventually(async () => expect(await lines(page)).toEqual([]));
    expect(await page.title()).toBe('Overlay · Discord Message Streamer');
    await page.close();
  });
}
