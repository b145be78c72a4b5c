import { describeWith, eventually } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { copyCheckout } from './support/copy-checkout.ts';
import { command, docker, findDocker } from './support/docker.ts';

const IMAGE = `dms-standalone-proof-${process.pid}`;

const TOOLS = ['npm', 'npx', 'pnpm', 'yarn', 'corepack', 'gcc', 'make', 'git'];

jest.setTimeout(300_000);

describeWith(findDocker(), 'docker build . and docker run', () => {
  let container = '';

  beforeAll(async () => {
    await command('docker', ['build', '--quiet', '--tag', IMAGE, '.'], { cwd: await copyCheckout() });
    container = await docker('run', '--detach', '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', IMAGE);
  });

  afterAll(async () => {
    if (container !== '') await docker('rm', '--force', '--volumes', container);
    await docker('rmi', '--force', IMAGE).catch(() => '');
  });

  it('become healthy without root, rights or a writable disk but the volume and /tmp', async () => {
    await eventually(
      async () => expect(await docker('inspect', '--format', '{{.State.Health.Status}}', container)).toBe('healthy'),
      { timeoutMs: 90_000, intervalMs: 500 },
    );
    expect(await docker('exec', container, 'node', '-p', 'process.getuid()')).toBe('1000');
  });

  it('have no package manager and no compiler', async () => {
    const code =
      `const has = (tool) => process.env.PATH.split(':').some((folder) => fs.existsSync(folder + '/' + tool));
      TOOLS.filter(has).join()`.replace('TOOLS', JSON.stringify(['node', ...TOOLS]));
    expect(await docker('exec', container, 'node', '-p', code)).toBe('node');
  });

  it('end with 0 when told to', async () => {
    await docker('stop', '--time', '25', container);
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', container)).toBe('0');
  });
});
