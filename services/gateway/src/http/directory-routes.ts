import type { DirectoryChannel, MessageStore } from '@dms/event-log';
import type { Router } from 'express';
import type { Access } from '../access/access.ts';
import type { GrantedKey } from '../access/keys.ts';
import { addJsonRoute } from './json-route.ts';
import { HttpProblem } from './problem.ts';
import { readLog } from './read-log.ts';
import { requireNoParameters, requireScope } from './request-guards.ts';
import { isVisibleChannel, requireId } from './visibility.ts';

const jsonList = (name: string, rows: readonly { readonly payload: string }[]): string =>
  `{"${name}":[${rows.map((row) => row.payload).join(',')}]}`;

/** `/channels`, `/guilds` and their single entries: the mirrored directory, narrowed to what the key may see. */
export function addDirectoryRoutes(router: Router, log: MessageStore, access: Access): void {
  const visibleChannels = async (key: GrantedKey): Promise<readonly DirectoryChannel[]> =>
    (await readLog(log.channels())).filter((channel) => isVisibleChannel(key, channel));

  /** Null = every guild. A guild shows itself to a key that sees at least one of its channels. */
  const visibleGuildIds = async (key: GrantedKey): Promise<ReadonlySet<string> | null> =>
    key.channels === null ? null : new Set((await visibleChannels(key)).map((channel) => channel.guildId));

  addJsonRoute(router, '/channels', async (req) => {
    const key = requireScope(access, req, 'read');
    requireNoParameters(req);
    return jsonList('channels', await visibleChannels(key));
  });

  addJsonRoute(router, '/channels/:id', async (req) => {
    const key = requireScope(access, req, 'read');
    requireNoParameters(req);
    const channel = await readLog(log.channel(requireId(req.params)));
    if (channel === null || !isVisibleChannel(key, channel)) throw new HttpProblem(404, 'No such channel is stored.');
    return channel.payload;
  });

  addJsonRoute(router, '/guilds', async (req) => {
    const key = requireScope(access, req, 'read');
    requireNoParameters(req);
    const guilds = await readLog(log.guilds());
    const visible = await visibleGuildIds(key);
    return jsonList('guilds', visible === null ? guilds : guilds.filter((guild) => visible.has(guild.id)));
  });

  addJsonRoute(router, '/guilds/:id', async (req) => {
    const key = requireScope(access, req, 'read');
    requireNoParameters(req);
    const guild = await readLog(log.guild(requireId(req.params)));
    const visible = await visibleGuildIds(key);
    if (guild === null || visible?.has(guild.id) === false) throw new HttpProblem(404, 'No such guild is stored.');
    return guild.payload;
  });
}
