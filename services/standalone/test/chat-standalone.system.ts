import { describe } from '@jest/globals';
import { loadChat } from './support/chat.ts';
import { startStandalone } from './support/deployment.ts';
import { describeChatRun } from './support/describe-chat-run.ts';

describe(`the standalone with ${loadChat().title}`, () => {
  describeChatRun(startStandalone);
});
