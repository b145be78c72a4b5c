/** The broker was closed before or during the call. */
export class BrokerClosedError extends Error {
  override readonly name = 'BrokerClosedError';
  readonly code = 'BROKER_CLOSED';

  constructor() {
    super('the broker is closed');
  }
}

/** A programming error: a broker has one listener for its life. */
export class SecondListenerError extends Error {
  override readonly name = 'SecondListenerError';
  readonly code = 'SECOND_LISTENER';

  constructor() {
    super('the broker already has a listener');
  }
}

/** The events may not have arrived. They are in the log, and readers find them there: do not retry. */
export class PublishFailedError extends Error {
  override readonly name = 'PublishFailedError';
  readonly code = 'PUBLISH_FAILED';

  constructor(cause: unknown) {
    super('publishing failed; the events may not have arrived', { cause });
  }
}
