import type { Channel, Guild } from './model.ts';

/** What the truth keeps of one dispatch, beyond type, time and place. */
export interface TruthDetail {
  readonly messageId?: string;
  readonly messageIds?: readonly string[];
  readonly userId?: string;
  readonly emoji?: string;
  readonly content?: string;
  /** Names of the message fields that this dispatch changed. */
  readonly changed?: readonly string[];
}

/** Something that happened in the world and that Discord would dispatch once to every entitled session. */
export interface WorldEvent {
  readonly type: string;
  readonly guild: Guild;
  readonly channel: Channel | null;
  /** JSON of the dispatch's `d`, encoded once for all sessions. */
  readonly body: string;
  /** Makes `body` as a session without the message content intent sees it; null when nothing is to be stripped. */
  readonly strippedBody: (() => string) | null;
  readonly detail: TruthDetail;
}
