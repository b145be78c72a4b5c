import { type DiscordSimulator, InputError } from '@dms/discord-simulator';
import type { DemoControls } from './demo-handler.ts';

/** Less than Discord waits for a heartbeat, so that nothing but the pause happens. */
const PAUSE_MS = 8_000;
const FAVOURITE_CHANNEL = 'general';

export function createSimulatedControls(simulator: DiscordSimulator, restartGateway: () => void): DemoControls {
  const someChannel = (): string => {
    const channels = simulator.status().guilds.flatMap((guild) => guild.channels);
    return (channels.find(({ name }) => name === FAVOURITE_CHANNEL) ?? channels[0])?.id ?? '';
  };
  return {
    post({ channel, user, text }) {
      try {
        simulator.createMessage({ channel: channel ?? someChannel(), user, text });
        return null;
      } catch (error) {
        if (error instanceof InputError) return error.message;
        throw error;
      }
    },
    pauseDiscord() {
      simulator.faults.add({ kind: 'delay', ms: PAUSE_MS, times: 1 });
      simulator.faults.add({ kind: 'drop' });
    },
    restartGateway,
  };
}
