import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { TOKEN } from './support/reader.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

const VIEW_CHANNEL = `${1 << 10}`;
const READ_MESSAGE_HISTORY = `${1 << 16}`;

describe('permissions', () => {
  const { start } = createHarness();

  const setUp = async () => {
    const simulator = await start();
    const message = simulator.createMessage({ channel: 'quay', user: 'ada', text: 'hello' });
    const channel = message.channel_id;
    const read = async () => {
      const response = await fetch(`${simulator.apiUrl}/v10/channels/${channel}/messages`, {
        headers: { Authorization: `Bot ${TOKEN}`, Connection: 'close' },
      });
      const body: unknown = await response.json();
      return { status: response.status, count: Array.isArray(body) ? body.length : null };
    };
    return { simulator, channel, read };
  };

  it('hide a channel whose overwrite denies View Channel, unless one for the bot itself allows it', async () => {
    const { simulator, channel, read } = await setUp();
    simulator.act({ op: 'overwrite', channel, whom: '@everyone', allow: '0', deny: VIEW_CHANNEL });
    expect(await read()).toEqual({ status: 403, count: null });
    simulator.act({ op: 'overwrite', channel, whom: 'Streamer', allow: VIEW_CHANNEL, deny: '0' });
    expect(await read()).toEqual({ status: 200, count: 1 });
  });

  it('show an empty history without Read Message History, also when a role lacks it everywhere', async () => {
    const { simulator, channel, read } = await setUp();
    simulator.act({ op: 'overwrite', channel, whom: '@everyone', allow: '0', deny: READ_MESSAGE_HISTORY });
    expect(await read()).toEqual({ status: 200, count: 0 });
    simulator.act({ op: 'overwrite', channel, whom: '@everyone', allow: '0', deny: '0' });
    expect(await read()).toEqual({ status: 200, count: 1 });
    simulator.act({
      op: 'role_permissions',
      guild: simulator.status().guilds[0]?.id ?? '',
      role: '@everyone',
      permissions: VIEW_CHANNEL,
    });
    expect(await read()).toEqual({ status: 200, count: 0 });
  });
});
