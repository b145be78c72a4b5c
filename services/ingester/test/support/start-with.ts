import type { Action, DiscordSimulator } from '@dms/discord-simulator';
import type { LogEvent } from '@dms/protocol';
import { eventually } from '@dms/test-kit';
import { expect } from '@jest/globals';
import { eventsOf } from './truth.ts';
import type { useRig } from './use-rig.ts';

type Rig = ReturnType<typeof useRig>;

export const payloadOf = (event: LogEvent | undefined): Record<string, unknown> => JSON.parse(event?.payload ?? 'null');
/** Ada says it in `general`; the id. */
export const say = (simulator: DiscordSimulator, text: string): string =>
  simulator.createMessage({ channel: 'general', user: 'ada', text }).id;
/** Of the message or channel that an action made. */
export const idOf = (result: ReturnType<DiscordSimulator['act']>): string => {
  if (result.kind === 'none') throw new Error('made nothing');
  return result.kind === 'message' ? result.message.id : result.channel.id;
};

/** Starts simulator and ingester, connected, with what a test of events asks of them. */
export async function startWith(
  { startSimulator, startIngester, log }: Rig,
  options: Parameters<Rig['startSimulator']>[0] = {},
  overrides: Parameters<Rig['startIngester']>[1] = {},
) {
  const simulator = await startSimulator(options);
  const ingester = startIngester(simulator, overrides);
  await ingester.connected();
  const act = (...actions: readonly Action[]): void => {
    for (const action of actions) simulator.act(action);
  };
  /** The log's events of these types, once there are `count`. */
  const events = async (count: number, ...types: readonly string[]): Promise<readonly LogEvent[]> =>
    await eventually(async () => {
      const found = (await eventsOf(log(), simulator)).filter(({ type }) => types.includes(type));
      expect(found).toHaveLength(count);
      return found;
    });
  const message = async (id: string): Promise<Record<string, unknown>> =>
    JSON.parse((await log().message(id))?.payload ?? 'null');
  return { simulator, act, events, message, ...ingester };
}
