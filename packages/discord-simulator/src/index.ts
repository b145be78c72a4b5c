export type { DiscordSimulator, NewMessage, SimulatorStatus, Truth } from './discord-simulator.ts';
export type { FaultKind, FaultReport, FaultSpec } from './faults/fault.ts';
export { InputError } from './input.ts';
export type { DiscordSimulatorOptions, GuildBlueprint } from './options.ts';
export type { ConnectionReport, SessionReport, SessionsReport } from './reports.ts';
export { startDiscordSimulator } from './start-discord-simulator.ts';
export type { ScriptProgress } from './traffic/play-script.ts';
export type { TruthDispatch, TruthMessage } from './truth.ts';
export type { Action, ActionResult } from './world/action.ts';
