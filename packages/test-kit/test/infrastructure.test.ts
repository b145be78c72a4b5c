import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import { findInfrastructure } from '../src/infrastructure.ts';

it('takes given servers for databases, and programs for servers that a test may kill', async () => {
  const directory = await temporaryDirectory();
  const names = [
    'initdb',
    'postgres',
    'valkey-server',
    'pgbouncer',
    'google-chrome',
    'kubectl',
    'promtool',
    'slowhttptest',
  ];
  for (const name of names) {
    writeFileSync(join(directory, name), '');
    chmodSync(join(directory, name), 0o700);
  }
  const env = { PATH: directory, TEST_DATABASE_URL: 'postgresql://given', TEST_REDIS_URL: '' };
  expect(findInfrastructure(env)).toEqual({
    postgres: { available: true, kind: 'given', url: 'postgresql://given' },
    postgresProcess: { available: true, kind: 'program', binDirectory: directory },
    redis: { available: true, kind: 'program', program: join(directory, 'valkey-server') },
    redisProcess: { available: true, kind: 'program', program: join(directory, 'valkey-server') },
    pgbouncer: { available: true, program: join(directory, 'pgbouncer') },
    chromium: { available: true, program: join(directory, 'google-chrome') },
    kubectl: { available: true, program: join(directory, 'kubectl') },
    slowhttptest: { available: true, program: join(directory, 'slowhttptest') },
    // Looked for where Debian puts it, whatever PATH says.
    pythonWebsockets: expect.objectContaining({ available: expect.any(Boolean) }),
    promtool: { available: true, program: join(directory, 'promtool') },
  });
});

it('says why something is missing, and throws when CI requires it', () => {
  expect(findInfrastructure({ PATH: '/nowhere' }).redis).toEqual({
    available: false,
    reason: 'no Redis: neither redis-server nor valkey-server is in PATH',
  });
  expect(() => findInfrastructure({ PATH: '/nowhere', REQUIRE_INFRA: '1' })).toThrow(/REQUIRE_INFRA=1, but .*no Redis/);
});
