import { connect } from 'node:net';
import { describeWith, findSmallDisks, mountSmallDisk, type SmallDisk } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { clusterNeeds } from './support/deployment.ts';
import { type Storm, startStorm } from './support/fault-storm.ts';
import { expectArchive, expectStreams, type Outcome } from './support/kill-run.ts';
import { report, seconds, timed } from './support/report.ts';

const RUN_TIMEOUT_MS = 400_000;
const MORE = 200;
/** Data, its write-ahead log and a little room. */
const DISK_MB = 300;
const SMALL_WAL = { max_wal_size: '64MB', min_wal_size: '32MB' };

/** Breaks the database, waits until the product says so, mends it, and waits until events flow again. */
async function endure(storm: Storm, what: string, breakIt: () => Promise<unknown>, mendIt: () => Promise<unknown>) {
  await breakIt();
  await storm.untilHealth('degraded');
  await mendIt();
  const { ms } = await timed(async () => {
    await storm.clients.untilMore(MORE);
    await storm.untilHealth('ok');
  });
  report(`PostgreSQL ${what}; all well again ${seconds(ms)} after it was mended`);
}

const termsOf = ({ log }: Outcome): number => new Set(log.map(({ p }) => p.split(':')[0])).size;

function expectNothingLost(current: () => { readonly storm: Storm; readonly outcome: Outcome }): void {
  it('I5, I6: each client received the log through its filter once, in order, without a reset', () => {
    expectStreams(current().storm.clients, current().outcome);
  });

  it('I1, I3, I8: the archive equals what was said on Discord, and the log has no hole', async () => {
    const { storm, outcome } = current();
    for (const door of storm.cluster.doors) await expectArchive(door.http, outcome);
    expect(await storm.simulator.sessions()).toMatchObject({ identifies: 1 });
  });
}

describeWith(clusterNeeds, 'a cluster whose PostgreSQL is restarted, stopped at once and frozen', () => {
  let storm: Storm;
  let outcome: Outcome;

  beforeAll(async () => {
    storm = await startStorm();
    const { postgres } = storm.cluster;
    await endure(
      ...([storm, 'shut down and started again'] as const),
      () => postgres.kill('SIGINT'),
      () => postgres.restart(),
    );
    await endure(
      ...([storm, 'stopped at once and started again'] as const),
      () => postgres.kill('SIGQUIT'),
      () => postgres.restart(),
    );
    await endure(
      ...([storm, 'frozen with all its processes'] as const),
      () => postgres.freeze(),
      async () => postgres.thaw(),
    );
    outcome = await storm.calm();
    report(`${outcome.log.length} events, ${termsOf(outcome)} terms`);
  }, RUN_TIMEOUT_MS);

  afterAll(() => storm?.stop(), 60_000);

  it('each stop cost the writer its lease: the faults fired', () => {
    const lines = storm.cluster.ingesters().flatMap(({ stdout }) => stdout.split('\n'));
    expect(lines.filter((line) => line.includes('lease acquired')).length).toBeGreaterThanOrEqual(3);
  });

  expectNothingLost(() => ({ storm, outcome }));
});

const smallDisks = await findSmallDisks();

describeWith(clusterNeeds.available ? smallDisks : clusterNeeds, 'a cluster whose PostgreSQL has no room left', () => {
  let disk: SmallDisk;
  let storm: Storm;
  let outcome: Outcome;

  const isListening = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });

  beforeAll(async () => {
    disk = await mountSmallDisk(DISK_MB);
    storm = await startStorm({ directory: disk.path, settings: SMALL_WAL });
    const { postgres } = storm.cluster;
    await endure(
      ...([storm, 'out of room'] as const),
      async () => report(`${Math.round((await disk.fill()) / (1 << 20))} MiB taken away`),
      async () => {
        await disk.free();
        // It ends itself when there is no room for its write-ahead log, and somebody has to start it again.
        if (!(await isListening(postgres.port))) await postgres.restart();
      },
    );
    outcome = await storm.calm();
    report(`${outcome.log.length} events, ${termsOf(outcome)} terms`);
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await storm?.stop();
    await disk?.unmount();
  }, 60_000);

  it('the ingesters said that nothing can be written, and why', () => {
    const lines = storm.cluster.ingesters().map(({ stdout }) => stdout);
    expect(lines.join('\n')).toMatch(/its disk is full/);
  });

  expectNothingLost(() => ({ storm, outcome }));
});
