import { createServer, type Server } from 'node:http';
import { ChannelType } from 'discord-api-types/v10';
import { createControl } from './control/control.ts';
import { createFace } from './create-face.ts';
import type { DiscordSimulator } from './discord-simulator.ts';
import { sendJson } from './http.ts';
import { type DiscordSimulatorOptions, type GuildBlueprint, resolveOptions } from './options.ts';
import { createSimulation, type Simulation } from './simulation.ts';
import { startTraffic } from './traffic/start-traffic.ts';
import { createWorld, ensureChannel, ensureGuild, ensureMember, type World } from './world/world.ts';

const API_PATH = /^\/api\/v(?:10|9)(\/.*)$/;

/**
 * Starts a Discord of one's own and resolves when it listens. Traffic begins when the first client is ready.
 * @throws InputError when the script is missing or malformed (file and line named), RangeError for an option out of
 * range, and what node's `listen` rejects with (`EADDRINUSE`).
 */
export async function startDiscordSimulator(options: DiscordSimulatorOptions = {}): Promise<DiscordSimulator> {
  const resolved = resolveOptions(options);
  const world = createWorld(resolved);
  for (const guild of resolved.guilds) addGuild(world, guild);
  const simulation = createSimulation(world, resolved);
  const traffic = startTraffic(simulation, resolved);
  const face = createFace(simulation, traffic.progress);
  const server = createServer();
  serve(server, simulation, createControl(simulation, face));
  const port = await listen(server, resolved.port, resolved.host);
  const base = `http://${resolved.host === '0.0.0.0' ? '127.0.0.1' : urlHost(resolved.host)}:${port}`;

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Together: a script may be waiting for a reader that only the closing of its socket sets free.
    await Promise.all([traffic.stop(), simulation.close()]);
    server.closeAllConnections();
    await closed;
  };

  return {
    ...face,
    port,
    apiUrl: `${base}/api`,
    controlUrl: `${base}/_sim`,
    ready: simulation.ready,
    finished: traffic.finished,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function serve(server: Server, simulation: Simulation, control: ReturnType<typeof createControl>): void {
  server.on('request', (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const path = API_PATH.exec(pathname)?.[1];
    if (path !== undefined) void simulation.rest.handle(request, response, path, searchParams);
    else if (pathname === '/_sim' || pathname.startsWith('/_sim/')) {
      void control(request, response, pathname.slice('/_sim'.length), searchParams);
    } else sendJson(response, 404, { message: '404: Not Found', code: 0 });
  });
  server.on('upgrade', simulation.gateway.upgrade);
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function addGuild(world: World, blueprint: GuildBlueprint): void {
  const guild = ensureGuild(world, blueprint.name);
  for (const name of blueprint.channels) ensureChannel(world, guild, { name, type: ChannelType.GuildText });
  for (const name of blueprint.members ?? []) ensureMember(world, guild, { name });
}
