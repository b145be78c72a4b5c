import type { APIPoll } from 'discord-api-types/v10';
import type { Poll } from './model.ts';
import type { World } from './world.ts';

/** The poll with its present counts. Answers nobody voted for are absent from `answer_counts`, as on Discord. */
export function pollObject(world: World, poll: Poll): APIPoll {
  const counts = [...poll.votes].filter(([, voters]) => voters.size > 0);
  return {
    ...poll.api,
    results: {
      is_finalized: poll.finalized,
      answer_counts: counts.map(([id, voters]) => ({
        id,
        count: voters.size,
        me_voted: voters.has(world.bot.id),
      })),
    },
  };
}
