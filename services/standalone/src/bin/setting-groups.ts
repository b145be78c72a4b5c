import { gatewayConfig } from '@dms/gateway';
import { ingesterConfig } from '@dms/ingester';
import { commonSettings, describeSettings, type SettingRow, type Settings } from '@dms/runtime';
import { standaloneConfig } from '../config.ts';

/** The variables that one kind of process reads, in the order in which people meet them. */
export interface SettingGroup {
  readonly title: string;
  readonly rows: readonly SettingRow[];
}

const { DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL, DISCORD_TOKEN } = commonSettings;
const shared = { DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL };
/** What `pnpm ingester` and `pnpm gateway` read. Their `main.ts` say it again; a test asks the processes themselves. */
const cluster: Settings = { ...shared, DISCORD_TOKEN, ...ingesterConfig, ...gatewayConfig };

const GROUPS: readonly (readonly [string, Settings])[] = [
  ['Every process', shared],
  ['Ingester', { DISCORD_TOKEN, ...ingesterConfig }],
  ['Gateway', gatewayConfig],
];

/** All variables, each once. Standalone reads every one of them, and its defaults are the ones shown. */
export function settingGroups(): readonly SettingGroup[] {
  const isRequired = new Map(describeSettings(cluster).map((row) => [row.name, row.isRequired]));
  const rows = new Map(describeSettings(standaloneConfig).map((row) => [row.name, noteRequired(row)]));

  function noteRequired(row: SettingRow): SettingRow {
    return isRequired.get(row.name) === true
      ? { ...row, description: `${row.description} Required in a cluster.` }
      : row;
  }
  const grouped = GROUPS.map(([title, settings]) => ({
    title,
    rows: Object.keys(settings).flatMap((name) => rows.get(name) ?? []),
  }));
  const rest = [...rows.values()].filter(({ name }) => !isRequired.has(name));
  return [...grouped, { title: 'Standalone only', rows: rest }];
}
