import { setTimeout as sleep } from 'node:timers/promises';
import type { Erasure } from '@dms/protocol';
import { type AdminApi, AdminApiError } from './admin-api.ts';
import { printable } from './describe-event.ts';
import type { PrivacyCommand } from './privacy-command.ts';
import { UsageError } from './usage-error.ts';

export interface PrivacyOutput {
  /** A line of the result. */
  line(text: string): void;
  /** A line beside it. */
  note(text: string): void;
  /** Asks somebody at the terminal; null when there is none. */
  readonly ask: ((question: string) => Promise<string>) | null;
}

const POLL_INTERVAL_MS = 500;
/** A server that is being restarted comes back within this. */
const MAX_FAILURES = 60;

/** Does what the command says and returns the exit code. @throws UsageError, AdminApiError */
export async function runPrivacy(command: PrivacyCommand, api: AdminApi, output: PrivacyOutput): Promise<number> {
  switch (command.kind) {
    case 'list-opt-outs':
      return list(api, output);
    case 'opt-in':
      await api.optIn(command.userId);
      output.line(`user ${command.userId} is stored again: what is written from now on`);
      return 0;
    case 'opt-out': {
      const question = `Store nothing of user ${command.userId} any more, and erase what is stored?`;
      if (!(await isWanted(question, command.isConfirmed, output))) return 1;
      const { opted_out_at, erasure } = await api.optOut(command.userId);
      output.line(`user ${command.userId} is opted out since ${opted_out_at}: nothing is stored from then on`);
      return follow(erasure, api, output);
    }
    case 'erase-user': {
      const question = `Erase user ${command.userId} from everything that is stored?`;
      if (!(await isWanted(question, command.isConfirmed, output))) return 1;
      return follow(await api.requestErasure(command.userId), api, output);
    }
  }
}

async function isWanted(question: string, isConfirmed: boolean, { ask, note }: PrivacyOutput): Promise<boolean> {
  if (isConfirmed) return true;
  if (ask === null) throw new UsageError('nobody is there to be asked: --yes says that it is wanted');
  if ((await ask(`${question} It cannot be undone. [yes/no] `)).trim().toLowerCase() === 'yes') return true;
  note('nothing was changed');
  return false;
}

/** Waits for the end. An erasure goes on whether somebody waits or not. */
async function follow(requested: Erasure, api: AdminApi, output: PrivacyOutput): Promise<number> {
  let erasure = requested;
  let failures = 0;
  if (erasure.state === 'pending') output.note(`erasure ${erasure.id} is recorded; it is done also if this ends`);
  while (erasure.state === 'pending') {
    await sleep(POLL_INTERVAL_MS);
    const before = erasure;
    try {
      erasure = await api.erasure(erasure.id);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!(error instanceof AdminApiError) || !error.isPassing || failures > MAX_FAILURES) throw error;
      if (failures === 1) output.note(`${printable(error.message)}; trying again`);
    }
    const isMoved = erasure.messages !== before.messages || erasure.redactions !== before.redactions;
    if (isMoved && erasure.state === 'pending') output.note(countsOf(erasure));
  }
  output.line(`erasure ${erasure.id} is done since ${erasure.done_at}: ${countsOf(erasure)}`);
  return 0;
}

const countsOf = ({ messages, redactions, dead_letters }: Erasure): string =>
  `${messages} messages deleted, ${redactions} of others redacted, ${dead_letters} refused changes removed`;

async function list(api: AdminApi, output: PrivacyOutput): Promise<number> {
  let count = 0;
  for (let afterId = '0'; ; ) {
    const { opt_outs, has_more } = await api.optOuts(afterId);
    for (const { user_id, opted_out_at, erasure } of opt_outs) {
      const state = erasure.state === 'done' ? `erased ${erasure.done_at}` : `erasure ${erasure.id} is pending`;
      output.line(`${user_id}  since ${opted_out_at}  ${state}`);
    }
    count += opt_outs.length;
    afterId = opt_outs.at(-1)?.user_id ?? afterId;
    if (!has_more || opt_outs.length === 0) break;
  }
  if (count === 0) output.note('nobody has opted out');
  return 0;
}
