import { GatewayOpcodes } from 'discord-api-types/v10';
import type { Connection } from '../gateway/connection.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { setChannelHidden, setGuildAvailable } from '../world/channels.ts';
import { resolveChannel, resolveGuild } from '../world/lookup.ts';
import type { World } from '../world/world.ts';
import type { FaultOf, FaultReport, FaultSpec } from './fault.ts';
import { type Fault, type FaultBook, reportFault } from './fault-book.ts';

/** What faults act on. */
export interface FaultTargets {
  readonly world: World;
  readonly gateway: Gateway;
  readonly book: FaultBook;
}

/** Starts faults, and fires those that wait for a number of dispatches. */
export interface FaultStarter {
  /** Starts the fault as its kind says. @throws InputError when it names a channel or guild that is not there. */
  readonly start: (spec: FaultSpec) => FaultReport;
  /** To be called after every dispatch. */
  readonly afterDispatch: () => void;
  readonly close: () => void;
}

type SocketFault = FaultOf<'drop' | 'expire_session' | 'reconnect' | 'heartbeat_request' | 'invalid_session'>;

export function createFaultStarter(targets: FaultTargets): FaultStarter {
  const { book } = targets;
  const waiting: { readonly fault: Fault; readonly spec: SocketFault; left: number }[] = [];
  const timers = new Set<NodeJS.Timeout>();

  const fire = (fault: Fault, spec: SocketFault): void => {
    fault.fired += hitSockets(targets, spec);
    book.disarm(fault);
  };

  const startSocketFault = (spec: SocketFault): Fault => {
    const fault = book.add(spec, 1);
    const after = spec.after ?? 0;
    if (after === 0) fire(fault, spec);
    else waiting.push({ fault, spec, left: after });
    return fault;
  };

  const startLasting = (spec: FaultOf<'hide_channel' | 'guild_outage'>): Fault => {
    const { world } = targets;
    if (spec.kind === 'hide_channel') {
      const channel = resolveChannel(world, spec.channel, undefined);
      const fault = book.add({ ...spec, channel: channel.id }, Number.POSITIVE_INFINITY);
      setChannelHidden(world, channel, true);
      fault.undo = () => setChannelHidden(world, channel, false);
      fault.fired = 1;
      return fault;
    }
    const guild = spec.guild === undefined ? firstGuild(world) : resolveGuild(world, spec.guild);
    const fault = book.add({ ...spec, guild: guild.id }, Number.POSITIVE_INFINITY);
    setGuildAvailable(world, guild, false);
    fault.undo = () => setGuildAvailable(world, guild, true);
    fault.fired = 1;
    if (spec.ms !== undefined) timers.add(setTimeout(() => book.disarm(fault), spec.ms));
    return fault;
  };

  return {
    start: (spec) => reportFault(startFault(spec)),
    afterDispatch: () => {
      if (waiting.length === 0) return;
      for (const each of waiting.splice(0)) {
        each.left -= 1;
        if (each.fault.left === 0) continue;
        if (each.left === 0) fire(each.fault, each.spec);
        else waiting.push(each);
      }
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };

  function startFault(spec: FaultSpec): Fault {
    switch (spec.kind) {
      case 'drop':
      case 'expire_session':
      case 'reconnect':
      case 'heartbeat_request':
      case 'invalid_session':
        return startSocketFault(spec);
      case 'hide_channel':
      case 'guild_outage':
        return startLasting(spec);
      case 'strip_content':
      case 'lying_headers':
        return book.add(spec, Number.POSITIVE_INFINITY);
      default: {
        const times = spec.times ?? 1;
        return book.add(spec, times === 0 ? Number.POSITIVE_INFINITY : times);
      }
    }
  }
}

function firstGuild(world: World) {
  for (const guild of world.guilds.values()) return guild;
  return resolveGuild(world, '');
}

/** Does it to every open socket and returns how many there were. Expiring also counts sessions without a socket. */
function hitSockets({ gateway }: FaultTargets, spec: SocketFault): number {
  const open = gateway.openConnections();
  if (spec.kind === 'expire_session') {
    const sessions = [...gateway.sessions.values()];
    for (const session of sessions) gateway.endSession(session);
    for (const connection of open) connection.close(spec.code ?? 1006, 'Session expired on purpose.');
    return sessions.length;
  }
  for (const connection of open) hit(gateway, connection, spec);
  return open.length;
}

function hit(gateway: Gateway, connection: Connection, spec: Exclude<SocketFault, FaultOf<'expire_session'>>): void {
  switch (spec.kind) {
    case 'drop':
      connection.close(spec.code ?? 1006, 'Dropped on purpose.');
      return;
    case 'reconnect':
      connection.sendOp(GatewayOpcodes.Reconnect, null);
      return;
    case 'heartbeat_request':
      connection.sendOp(GatewayOpcodes.Heartbeat, null);
      return;
    case 'invalid_session':
      invalidateSession(gateway, connection, spec.resumable);
  }
}

function invalidateSession(gateway: Gateway, connection: Connection, resumable: boolean): void {
  const { session } = connection;
  // Either way the socket is unauthenticated again: the client RESUMEs or IDENTIFYs on it.
  connection.session = null;
  if (session !== null) {
    session.connection = null;
    if (!resumable) gateway.endSession(session);
  }
  connection.sendOp(GatewayOpcodes.InvalidSession, resumable);
}
