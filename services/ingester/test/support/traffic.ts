import type { DiscordSimulator } from '@dms/discord-simulator';
import type { SeededRandom } from '@dms/test-kit';

/** Creates, edits, deletes and bulk-deletes messages of `general` and `random`, `steps` times. */
export function playTraffic(simulator: DiscordSimulator, steps: number, random: SeededRandom): void {
  const alive = new Map<string, string>();
  const create = (): void => {
    const channel = random.pick(['general', 'random']);
    const text = `message ${alive.size} ${random.integer(0, 1e9)}`;
    alive.set(simulator.createMessage({ channel, user: random.pick(['ada', 'bob']), text }).id, channel);
  };
  for (let step = 0; step < steps; step += 1) {
    const dice = random.next();
    if (alive.size < 5 || dice < 0.6) create();
    else if (dice < 0.8) simulator.editMessage(random.pick([...alive.keys()]), `edited ${step}`);
    else if (dice < 0.95) {
      const id = random.pick([...alive.keys()]);
      simulator.deleteMessage(id);
      alive.delete(id);
    } else {
      const messages = [...alive]
        .filter(([, channel]) => channel === 'general')
        .map(([id]) => id)
        .slice(0, 3);
      if (messages.length > 0) simulator.act({ op: 'bulk_delete', messages });
      for (const id of messages) alive.delete(id);
    }
  }
}
