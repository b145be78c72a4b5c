import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { documentedVariables } from './docs-configuration.ts';
import { readText } from './docs-markdown.ts';

/** Made by Compose, or set by it for one service. */
const OF_COMPOSE = ['COMPOSE_PROJECT_NAME'];
/** What the system decides by itself: its ports, its proxy, where its own simulator is. */
const DECIDED = ['PORT', 'METRICS_PORT', 'TRUST_PROXY', 'SIMULATOR_API_URL', 'ENVIRONMENT'];

const serviceSchema = z.object({
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).optional(),
  profiles: z.array(z.string()).optional(),
  networks: z.array(z.string()).optional(),
});
const fileSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean() }).nullable()),
});

const text = readText('docker-compose.yml');
const file = fileSchema.parse(parse(text, { merge: true }));
const groups = documentedVariables();

describe('docker-compose.yml', () => {
  it('reads documented variables only', () => {
    const read = [...text.matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name = '']) => name);
    const documented = new Set([...groups.values()].flat());
    const unknown = read.filter((name) => !documented.has(name) && !documented.has(name.replace(/_FILE$/, '')));
    expect([...new Set(unknown)]).toEqual(OF_COMPOSE);
  });

  it.each([
    ['gateway', ['Every process', 'Gateway']],
    ['ingester', ['Every process', 'Ingester', 'Ingester in a cluster only']],
  ])('hands every variable of the %s on', (name, titles) => {
    const given = Object.keys(file.services[name]?.environment ?? {}).map((variable) => variable.replace(/_FILE$/, ''));
    const wanted = titles.flatMap((title) => groups.get(title) ?? []);
    expect(wanted.filter((variable) => !given.includes(variable) && !DECIDED.includes(variable))).toEqual([]);
  });

  it('publishes the load balancer alone, and only it and the ingester reach out of their networks', () => {
    const services = Object.entries(file.services).filter(([, { profiles }]) => profiles === undefined);
    expect(services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name)).toEqual(['load-balancer']);
    const open = services.filter(([, { networks = [] }]) =>
      networks.some((name) => file.networks[name]?.internal !== true),
    );
    expect(open.map(([name]) => name).sort()).toEqual(['ingester', 'load-balancer', 'simulator']);
  });

  it('publishes of what watches the system the dashboard alone, to this machine alone', () => {
    const watching = Object.entries(file.services).filter(([, { profiles }]) => profiles?.includes('monitoring'));
    expect(watching.map(([name, { ports = [] }]) => [name, ports])).toEqual([
      ['prometheus', []],
      ['grafana', [expect.stringContaining(':-127.0.0.1:3001}:3000')]],
    ]);
  });
});
