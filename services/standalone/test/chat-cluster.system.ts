import { describeWith } from '@dms/test-kit';
import { afterAll } from '@jest/globals';
import { loadChat } from './support/chat.ts';
import { type Cluster, clusterNeeds, startCluster } from './support/deployment.ts';
import { describeChatRun } from './support/describe-chat-run.ts';

describeWith(clusterNeeds, `two ingesters and three gateways with ${loadChat().title}`, () => {
  let cluster: Cluster | null = null;
  describeChatRun(async (discordApiUrl) => {
    cluster = await startCluster(discordApiUrl, { ingesters: 2, gateways: 3 });
    return cluster;
  });
  afterAll(async () => {
    await cluster?.stop();
  });
});
