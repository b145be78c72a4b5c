/** An answer other than success, in Discord's shape `{message, code, errors?}`. */
export class RestError extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: object | undefined;
  constructor(status: number, code: number, message: string, errors?: object) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** Discord's own words for what the routes refuse. The number is the JSON error code. */
export const restErrors = {
  unauthorized: () => new RestError(401, 0, '401: Unauthorized'),
  notFound: () => new RestError(404, 0, '404: Not Found'),
  methodNotAllowed: () => new RestError(405, 0, '405: Method Not Allowed'),
  badJson: () => new RestError(400, 50_109, 'The request body contains invalid JSON.'),
  unknownChannel: () => new RestError(404, 10_003, 'Unknown Channel'),
  unknownGuild: () => new RestError(404, 10_004, 'Unknown Guild'),
  unknownMember: () => new RestError(404, 10_007, 'Unknown Member'),
  unknownMessage: () => new RestError(404, 10_008, 'Unknown Message'),
  unknownUser: () => new RestError(404, 10_013, 'Unknown User'),
  missingAccess: () => new RestError(403, 50_001, 'Missing Access'),
  notYourMessage: () => new RestError(403, 50_005, 'Cannot edit a message authored by another user'),
  emptyMessage: () => new RestError(400, 50_006, 'Cannot send an empty message'),
  nonTextChannel: () => new RestError(400, 50_008, 'Cannot send messages in a non-text channel'),
  threadExists: () => new RestError(400, 160_004, 'A thread has already been created for this message'),
  tooOldToBulkDelete: () => new RestError(400, 50_034, 'You can only bulk delete messages that are under 14 days old.'),
} as const;

/** 400 with code 50035: one field broke one rule. */
export function invalidField(field: string, rule: string, message: string): RestError {
  return new RestError(400, 50_035, 'Invalid Form Body', { [field]: { _errors: [{ code: rule, message }] } });
}
