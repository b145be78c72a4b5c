import type { FaultReport, FaultSpec } from './faults/fault.ts';
import type { SessionsReport } from './reports.ts';
import type { ScriptProgress } from './traffic/play-script.ts';
import type { TruthDispatch, TruthMessage } from './truth.ts';
import type { Action, ActionResult, MessageParts } from './world/action.ts';

/** A new message. `guild` and `channel` are an id or a name; an unknown `user` name joins the guild. */
export interface NewMessage extends MessageParts {
  /** Needed only when several guilds have a channel of that name. */
  readonly guild?: string;
  readonly channel: string;
  readonly user: string;
  /** Verbatim, whatever its length. */
  readonly text: string;
}

/** The simulator's own books. */
export interface Truth {
  /** How many dispatches there were in all. */
  readonly total: number;
  /** In the order in which they happened. */
  readonly dispatches: readonly TruthDispatch[];
  /** The final state of every message ever made, in creation order, deleted ones included and marked. */
  readonly messages: readonly TruthMessage[];
}

export interface SimulatorStatus {
  /** True once a client has received READY and its GUILD_CREATEs. */
  readonly ready: boolean;
  /** Sockets open now. */
  readonly connections: number;
  readonly dispatches: number;
  readonly messages: number;
  readonly guilds: readonly {
    readonly id: string;
    readonly name: string;
    readonly channels: readonly { readonly id: string; readonly name: string }[];
  }[];
  /** Null without a script. */
  readonly script: ScriptProgress | null;
  readonly rest: { readonly requests: number; readonly invalid: number };
}

/** A running simulator. */
export interface DiscordSimulator {
  readonly port: number;
  /** What DISCORD_API_URL wants: `http://127.0.0.1:PORT/api`, without the version. */
  readonly apiUrl: string;
  /** `http://127.0.0.1:PORT/_sim`. */
  readonly controlUrl: string;
  /** Resolves when the first client has received READY and its GUILD_CREATEs. */
  readonly ready: Promise<void>;
  /** Resolves when the script has been played; never without a script. */
  readonly finished: Promise<void>;
  /** Each of these announces itself to the clients before it returns. @throws InputError for what is not there. */
  readonly createMessage: (message: NewMessage) => TruthMessage;
  readonly editMessage: (id: string, text: string) => TruthMessage;
  readonly deleteMessage: (id: string) => void;
  readonly act: (action: Action) => ActionResult;
  readonly truth: () => Truth;
  readonly sessions: () => SessionsReport;
  readonly status: () => SimulatorStatus;
  readonly faults: {
    /** @throws InputError when it names a channel or guild that is not there. */
    readonly add: (fault: FaultSpec) => FaultReport;
    readonly list: () => readonly FaultReport[];
    /** Clears one fault or all; false when the id is unknown. */
    readonly clear: (id?: string) => boolean;
  };
  /** Cuts every connection, ends the traffic and frees the port. Safe to call twice. */
  readonly close: () => Promise<void>;
}
