import { setting } from '@dms/runtime';
import { z } from 'zod';

/** What docker-compose.yml itself reads from `.env`, beside what it hands on to the programs. Compose checks the values. */
export const composeSettings = {
  LOAD_BALANCER_PORT: setting(z.string(), {
    description: 'Port on which the load balancer is published: `8080`, or `127.0.0.1:8080` for this machine alone.',
    default: '8080',
  }),
  TRUSTED_PROXIES: setting(z.string(), {
    description:
      'Addresses or networks of your own proxies in front of the load balancer, space-separated; their X-Forwarded-For is believed.',
    default: '255.255.255.255',
    example: '10.0.0.0/8 192.168.0.0/16',
  }),
  MONITORING_PORT: setting(z.string(), {
    description: 'Port on which Grafana is published, with `--profile monitoring`; it asks nobody for a password.',
    default: '127.0.0.1:3001',
  }),
  VERSION: setting(z.string(), {
    description: 'Tag of the images that are built and run.',
    default: 'local',
  }),
};
