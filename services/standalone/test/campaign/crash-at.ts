import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

// Preloaded into a program under test (`node --import`): ends or freezes it, at the n-th time that it announces one of its steps,
// between two of its own instructions. What it leaves in the marker file proves that it did.
const { CRASH_CHANNEL = '', CRASH_VISIT = '', CRASH_SIGNAL = 'SIGKILL', CRASH_MARKER = '' } = process.env;
let visits = 0;

subscribe(CRASH_CHANNEL, () => {
  visits += 1;
  if (visits !== Number(CRASH_VISIT)) return;
  appendFileSync(CRASH_MARKER, `${CRASH_CHANNEL}\n`);
  // A process signals itself before kill() returns: nothing of it runs after this line (SIGSTOP: until somebody continues it).
  process.kill(process.pid, CRASH_SIGNAL);
});
