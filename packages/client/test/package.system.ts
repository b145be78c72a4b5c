import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { spawnProcess, temporaryDirectory } from '@dms/test-kit';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';

const CLIENT = resolve(import.meta.dirname, '..');
const ROOT = resolve(CLIENT, '../..');
const MAX_SDK_BYTES = 6_000;
const SETUP_TIMEOUT_MS = 120_000;

const USER = `
import { createRestClient, createStreamClient, isMessageEvent, RestError, type StoredMessage, type StreamState } from '@dms/client';
import { startTestServer } from '@dms/client/testing';

const server = await startTestServer();
const rest = createRestClient({ url: server.url });
const stream = createStreamClient({
  url: server.url,
  filter: { types: ['MESSAGE_CREATE', 'MESSAGE_DELETE'] },
  reload: async () => (await rest.messagePage({ limit: 10 })).position,
});
stream.on('status', (status) => { if (status.state === 'waiting') void status.retryInMs.toFixed(); });
const state: StreamState = stream.state;
void [state, RestError];
server.message({ content: 'never read' });
setTimeout(() => server.message({ content: 'hello', author: 'ada' }), 200);
for await (const event of stream) {
  if (event.t === 'MESSAGE_DELETE') { const at: string = event.d.deleted_at; void at; continue; }
  if (!isMessageEvent(event)) continue;
  const message: StoredMessage = event.d;
  const words: string = message.content + message.embeds.length + message.author.username;
  console.log(message.display.author_name, words);
  break;
}
for await (const message of rest.messages({ after: '0' })) console.log('stored', message.content);
await server.close();

export function onlyCompiled(): void {
stream.on('MESSAGE_DELETE', ({ d }) => { const id: string = d.id; void id; });
// @ts-expect-error: there is no such type of event
stream.on('MESSAGE_CREATED', () => {});
// @ts-expect-error: a guild has no words
stream.on('GUILD_DELETE', ({ d }) => d.content);
// @ts-expect-error: filters take lists
createStreamClient({ url: server.url, filter: { channel_id: '7' } });
}
`;

describe('the package as it is published', () => {
  let project: string;
  const run = async (command: string, args: readonly string[], cwd = project) => {
    const program = await spawnProcess(command, args, { cwd });
    const { code } = await program.exited;
    return { code, stdout: program.stdout, stderr: program.stderr };
  };
  const compile = async (options: object) => {
    const compilerOptions = {
      strict: true,
      target: 'es2022',
      types: [],
      noEmit: true,
      skipLibCheck: false,
      ...options,
    };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['user.ts'] }));
    return run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project]);
  };

  // Built, packed, and installed from the file into an empty project without a network.
  beforeAll(async () => {
    const directory = await temporaryDirectory();
    project = join(directory, 'project');
    await mkdir(project);
    const builder = join(CLIENT, 'src/pack/build-package.ts');
    const folder = join(directory, 'package');
    const flags = ['--import', 'tsx', '--conditions=source', builder, folder];
    expect(await run(process.execPath, flags, ROOT)).toMatchObject({ code: 0, stderr: '' });
    expect(await run('npm', ['pack', '--silent', '--pack-destination', directory, folder])).toMatchObject({ code: 0 });
    await writeFile(join(project, 'package.json'), '{"name":"user","private":true,"type":"module"}');
    const tarball = join(directory, 'dms-client-0.1.0.tgz');
    const npm = ['install', '--offline', '--no-audit', '--no-fund', tarball];
    expect(await run('npm', npm)).toMatchObject({ code: 0 });
    await writeFile(join(project, 'user.ts'), USER);
  }, SETUP_TIMEOUT_MS);

  it('brings no other package', async () => {
    const installed = await run('npm', ['ls', '--all', '--parseable', '--offline']);
    expect(installed.stdout.split('\n').filter((line) => line !== '')).toHaveLength(2);
    const manifest: unknown = JSON.parse(
      await readFile(join(project, 'node_modules/@dms/client/package.json'), 'utf8'),
    );
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('peerDependencies');
  });

  it.each([
    ['nodenext', { module: 'nodenext' }],
    ['a bundler', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] }],
  ])('has types that are complete and right, for %s', async (_title, options) => {
    // The user's own `console` and `setTimeout` come from the DOM, since nothing else is installed.
    expect(await compile(options)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('runs on this Node, which needs nothing beside it', async () => {
    const { outputFiles } = await build({
      absWorkingDir: project,
      entryPoints: ['user.ts'],
      format: 'esm',
      write: false,
      packages: 'external',
    });
    await writeFile(join(project, 'user.js'), outputFiles[0]?.text ?? '');
    expect(await run(process.execPath, ['user.js'])).toEqual({
      code: 0,
      stdout: 'ada hello0ada\nstored never read\nstored hello',
      stderr: '',
    });
  });

  it('is at most 6 kB for a browser, minified and compressed, with everything in it', async () => {
    const { outputFiles } = await build({
      absWorkingDir: project,
      stdin: { contents: "export * from '@dms/client'", resolveDir: project },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    });
    expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThanOrEqual(MAX_SDK_BYTES);
  });

  it('is a command', async () => {
    const dms = join(project, 'node_modules/.bin/dms');
    expect(await run(dms, ['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: dms <command>'),
    });
    expect(await run(dms, ['keys', 'create', 'reader'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/dms_/),
    });
    expect(await run(dms, ['frobnicate'])).toMatchObject({ code: 64 });
    // The driver of the database comes along, too.
    const doctor = await spawnProcess(dms, ['doctor', '--json'], {
      cwd: project,
      env: { DATABASE_URL: 'postgresql://a:b@127.0.0.1:2/c', DISCORD_TOKEN: 'x' },
    });
    expect(await doctor.exited).toMatchObject({ code: 1 });
    expect(doctor.stdout).toContain('"subject":"database","text":"cannot be used (ECONNREFUSED)"');
  });
});
