import type { Random } from '../random.ts';
import type { Action, ActionResult, MessageParts } from '../world/action.ts';
import type { Scene, SceneLine, SceneNote } from './scene.ts';
import { linkEmbed, type Stage } from './stage.ts';

/** Enough for every number of variants that a line may have. */
const TAKES = 60;

/** One performance of a scene, line by line. */
export interface Performance {
  readonly scene: Scene;
  /** Says the next line; false when the scene is over. */
  readonly sayNext: () => boolean;
}

export interface PerformanceOptions {
  readonly scene: Scene;
  readonly stage: Stage;
  readonly random: Random;
  readonly act: (action: Action) => ActionResult;
  /** Has the action done when `lines` more lines were said anywhere; dropped when its message is gone by then. */
  readonly later: (lines: number, toAction: () => Action | undefined) => void;
}

/** Starts a scene: its words are chosen now, its lines are said one at a time. */
export function perform({ scene, stage, random, act, later }: PerformanceOptions): Performance {
  const words = stage.vocabulary();
  const place = stage.channelOf(scene.channel).id;
  const said: string[] = [];
  const take = random.integer(TAKES);
  let thread: string | undefined;
  let next = 0;

  const say = (line: SceneLine): void => {
    const { user, webhook } = stage.speaker(line.who);
    const variant = line.isPaired ? line.variants[take % line.variants.length] : random.pick(line.variants);
    const text = words(variant ?? '');
    const id = post(line, user, webhook, text);
    if (id === undefined) return;
    said.push(id);
    for (const note of line.notes) follow(note, id);
  };

  const post = (line: SceneLine, user: string, webhook: boolean, text: string): string | undefined => {
    const [head = '', ...rest] = text.split(' / ');
    const channel = line.inThread ? (thread ?? place) : place;
    if (line.kind === 'post') {
      const opened = act({ op: 'post', channel: place, user, name: head, text: rest.join(' / ') });
      if (opened.kind !== 'channel') return undefined;
      thread = opened.channel.id;
      return thread;
    }
    if (line.kind === 'poll') return messageId(act({ op: 'poll', channel, user, question: head, answers: rest }));
    const original = line.kind === 'reply' ? said.at(-1) : undefined;
    const reply = original === undefined ? {} : { replyTo: original };
    return messageId(
      act({ op: 'message', channel, user, text, ...reply, ...(webhook ? { webhook } : {}), ...filesOf(line, words) }),
    );
  };

  const follow = (note: SceneNote, id: string): void => {
    switch (note.kind) {
      case 'thread': {
        const opened = act({ op: 'thread', message: id, name: words(note.text) });
        if (opened.kind === 'channel') thread = opened.channel.id;
        return;
      }
      case 'edit':
        later(2 + random.integer(4), () => ({ op: 'edit', message: id, text: words(note.text) }));
        return;
      case 'react':
      case 'vote':
        for (const who of note.who) {
          const { user } = stage.speaker(who);
          const answer = Number(note.what);
          later(1 + random.integer(5), () =>
            note.kind === 'react'
              ? { op: 'react', message: id, user, emoji: note.what }
              : { op: 'vote', message: id, user, answer },
          );
        }
        return;
      case 'embed': {
        const embed = linkEmbed({ ...note, title: words(note.title), description: words(note.description) });
        later(1, () => ({ op: 'refresh', message: id, embeds: [embed] }));
        return;
      }
      case 'delete':
        later(3, () => ({ op: 'delete', message: id }));
        return;
      case 'pin':
        later(3, () => ({ op: 'pin', message: id }));
        return;
      case 'close':
        later(14, () => ({ op: 'close_poll', message: id }));
        return;
      case 'purge':
        later(2, () => ({ op: 'bulk_delete', messages: said.slice(0, note.count) }));
        return;
      case 'file':
    }
  };

  return {
    scene,
    sayNext: () => {
      const line = scene.lines[next];
      next += 1;
      if (line === undefined) return false;
      say(line);
      return next < scene.lines.length;
    },
  };
}

function filesOf(line: SceneLine, words: (text: string) => string): MessageParts {
  const attachments = line.notes.flatMap((note) =>
    note.kind === 'file'
      ? [
          {
            filename: words(note.filename),
            size: note.size,
            contentType: note.contentType,
            width: note.width,
            height: note.height,
            description: null,
          },
        ]
      : [],
  );
  return attachments.length === 0 ? {} : { attachments };
}

function messageId(result: ActionResult): string | undefined {
  return result.kind === 'message' ? result.message.id : undefined;
}
