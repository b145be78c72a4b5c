import { gatewayConfig } from '@dms/gateway';
import { discordConfig, ingesterConfig } from '@dms/ingester';
import { commonSettings, describeSettings, type SettingRow, type Settings } from '@dms/runtime';
import { standaloneConfig } from '../config.ts';
import { composeSettings } from './compose-settings.ts';

/** The variables that one kind of process reads, in the order in which people meet them. */
export interface SettingGroup {
  readonly title: string;
  readonly rows: readonly SettingRow[];
}

const { DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL, METRICS_PORT, DISCORD_TOKEN } = commonSettings;
const shared = { DATABASE_URL, REDIS_URL, ENVIRONMENT, LOG_LEVEL, METRICS_PORT };
/** What `pnpm ingester` and `pnpm gateway` read. Their `main.ts` say it again; a test asks the processes themselves. */
const cluster: Settings = { ...shared, ...discordConfig, DISCORD_TOKEN, ...ingesterConfig, ...gatewayConfig };

const GROUPS: readonly (readonly [string, Settings])[] = [
  ['Every process', shared],
  ['Ingester', { DISCORD_TOKEN, ...ingesterConfig }],
  ['Gateway', gatewayConfig],
];

/** All variables, each once. Standalone reads every one of them but the cluster's own, and its defaults are the ones shown. */
export function settingGroups(): readonly SettingGroup[] {
  const ofCluster = describeSettings(cluster);
  const ofStandalone = describeSettings(standaloneConfig);
  const isRequired = new Map(ofCluster.map((row) => [row.name, row.isRequired]));
  const rows = new Map(ofStandalone.map((row) => [row.name, noteRequired(row)]));

  function noteRequired(row: SettingRow): SettingRow {
    return isRequired.get(row.name) === true
      ? { ...row, description: `${row.description} Required in a cluster.` }
      : row;
  }
  const grouped = GROUPS.map(([title, settings]) => ({
    title,
    rows: Object.keys(settings).flatMap((name) => rows.get(name) ?? []),
  }));
  return [
    ...grouped,
    { title: 'Ingester in a cluster only', rows: ofCluster.filter(({ name }) => !rows.has(name)) },
    { title: 'Standalone only', rows: [...rows.values()].filter(({ name }) => !isRequired.has(name)) },
    { title: 'Docker Compose only', rows: describeSettings(composeSettings) },
  ];
}
