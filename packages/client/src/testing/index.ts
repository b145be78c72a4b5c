export {
  type MessageDraft,
  type Subscription,
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from './test-server.ts';
