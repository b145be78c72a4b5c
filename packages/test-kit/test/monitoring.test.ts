import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, infrastructure, metricNamesIn, temporaryDirectory } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { codeIn, ROOT, readText, sectionOf, tableRows } from './docs-markdown.ts';

const DIRECTORY = 'services/monitoring';
const rulesSchema = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});
const testsSchema = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).optional() })),
    }),
  ),
});
const dashboardSchema = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.object({ expr: z.string(), datasource: z.object({ uid: z.string() }) })).optional(),
    }),
  ),
});
const datasourcesSchema = z.object({ datasources: z.array(z.object({ uid: z.string(), url: z.string() })) });

const rules = rulesSchema
  .parse(parse(readText(`${DIRECTORY}/prometheus/alerts.yml`)))
  .groups.flatMap((group) => group.rules);
const alerts = rules.map(({ alert }) => alert);
const tested = testsSchema
  .parse(parse(readText(`${DIRECTORY}/prometheus/alerts.test.yml`)))
  .tests.flatMap(({ alert_rule_test }) => alert_rule_test);
const { panels } = dashboardSchema.parse(
  JSON.parse(readText(`${DIRECTORY}/grafana/dashboards/discord-message-streamer.json`)),
);
const targets = panels.flatMap((panel) => panel.targets ?? []);
const { datasources } = datasourcesSchema.parse(
  parse(readText(`${DIRECTORY}/grafana/provisioning/datasources/prometheus.yaml`)),
);

describe('what watches the system', () => {
  it('explains every alert in OPERATIONS.md, and no other', () => {
    const section = sectionOf(readText('docs/OPERATIONS.md'), 'Metrics and alarms');
    const explained = tableRows(section).flatMap(([first = '']) =>
      codeIn(first).filter((code) => /^[A-Z]\w+$/.test(code)),
    );
    expect(explained.sort()).toEqual([...alerts].sort());
  });

  it('expects every alert to be silent while all is well', () => {
    const silent = tested.filter(({ exp_alerts }) => exp_alerts === undefined).map(({ alertname }) => alertname);
    expect(alerts.filter((alert) => !silent.includes(alert))).toEqual([]);
  });

  it('asks a data source that is there', () => {
    expect(datasources.map(({ uid, url }) => [uid, url])).toEqual([['prometheus', 'http://prometheus:9090']]);
    expect(new Set(targets.map(({ datasource }) => datasource.uid))).toEqual(new Set(['prometheus']));
  });

  it('has a dashboard whose panels do not overlap', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('shows all that is measured: every metric of the product is on the dashboard or behind an alert', () => {
    const queries = [...targets, ...rules].map(({ expr }) => expr).join('\n');
    const section = sectionOf(readText('docs/OPERATIONS.md'), 'Metrics and alarms');
    const measured = tableRows(section).flatMap(([first = '']) => codeIn(first).filter((code) => /^dms_/.test(code)));
    const seen = metricNamesIn(queries);
    // A quantile of commits says the same as the hop "committed"; the moment reached is for the log of an import.
    const apart = ['dms_ingester_commit_seconds', 'dms_backfill_reached_timestamp_seconds'];
    expect(measured.filter((name) => !seen.includes(name))).toEqual(apart);
    expect(seen.filter((name) => name.startsWith('dms_') && !measured.includes(name))).toEqual([]);
  });
});

it('is understood by Docker Compose, where there is one', () => {
  const { PATH = '', HOME = '' } = process.env;
  const compose = (...args: readonly string[]) =>
    spawnSync('docker', ['compose', ...args], { cwd: ROOT, env: { PATH, HOME }, encoding: 'utf8' });
  if (compose('version').status !== 0) return;
  const { status, stdout, stderr } = compose(
    '--env-file',
    '/dev/null',
    '--profile',
    'monitoring',
    'config',
    '--services',
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(['prometheus', 'grafana', 'gateway']));
});

describeWith(infrastructure.promtool, 'Prometheus itself', () => {
  const program = infrastructure.promtool.available ? infrastructure.promtool.program : '';
  const promtool = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: join(ROOT, DIRECTORY, 'prometheus'),
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };

  it('accepts its configuration and the alerts', () => {
    expect(promtool('check', 'config', 'prometheus.yml')).toMatchObject({ status: 0 });
  });

  it('fires each alert for what it is for, and none in a calm system', () => {
    expect(promtool('test', 'rules', 'alerts.test.yml')).toMatchObject({ status: 0 });
  });

  it('understands every query of the dashboard', async () => {
    const file = join(await temporaryDirectory(), 'queries.yml');
    const asRules = targets.map(({ expr }, index) => ({
      record: `query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: asRules }] }));
    expect(promtool('check', 'rules', file)).toMatchObject({ status: 0 });
    expect(targets.length).toBeGreaterThan(20);
  });
});
