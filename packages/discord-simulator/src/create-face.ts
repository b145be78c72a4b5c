import type { DiscordSimulator, NewMessage, SimulatorStatus } from './discord-simulator.ts';
import { reportSessions } from './reports.ts';
import type { Simulation } from './simulation.ts';
import type { ScriptProgress } from './traffic/play-script.ts';
import { type TruthMessage, truthMessage } from './truth.ts';
import { applyAction } from './world/apply-action.ts';
import { needMessage, resolveChannel } from './world/lookup.ts';

/** What can be asked and done while it runs: the same for a test in process and for the control API. */
export type Face = Pick<
  DiscordSimulator,
  'createMessage' | 'editMessage' | 'deleteMessage' | 'act' | 'truth' | 'sessions' | 'status' | 'faults'
>;

export function createFace(simulation: Simulation, progress: () => ScriptProgress | null): Face {
  const { world, truth, faults, starter, gateway } = simulation;
  return {
    createMessage: (message) => createMessage(simulation, message),
    editMessage: (id, text) => {
      applyAction(world, { op: 'edit', message: id, text });
      return truthMessage(world, needMessage(world, id));
    },
    deleteMessage: (id) => {
      applyAction(world, { op: 'delete', message: id });
    },
    act: (action) => applyAction(world, action),
    truth: () => ({
      total: truth.total(),
      dispatches: truth.dispatches(0, truth.total()),
      messages: [...world.messages.values()].map((message) => truthMessage(world, message)),
    }),
    sessions: () => reportSessions(gateway),
    status: () => statusOf(simulation, progress()),
    faults: { add: starter.start, list: faults.list, clear: faults.clear },
  };
}

function createMessage({ world }: Simulation, message: NewMessage): TruthMessage {
  const { guild, channel: place, ...rest } = message;
  const channel = resolveChannel(world, place, guild);
  const result = applyAction(world, { op: 'message', ...rest, channel: channel.id });
  if (result.kind !== 'message') throw new TypeError('a message action made no message');
  return truthMessage(world, result.message);
}

function statusOf(simulation: Simulation, script: ScriptProgress | null): SimulatorStatus {
  const { world, gateway, truth, rest } = simulation;
  return {
    ready: simulation.isReady(),
    connections: gateway.openConnections().length,
    dispatches: truth.total(),
    messages: world.messages.size,
    guilds: [...world.guilds.values()].map(({ id, name, channels }) => ({
      id,
      name,
      channels: [...channels.values()].map((channel) => ({ id: channel.id, name: channel.name })),
    })),
    script,
    rest: { ...rest.counts },
  };
}
