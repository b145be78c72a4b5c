/** Why something failed, in as few words as the error allows: a system's code such as ECONNREFUSED where there is one. `fetch`
 *  hides it behind a cause. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { code, cause, message, errors }: Partial<Record<'code' | 'cause' | 'message' | 'errors', unknown>> = error;
  if (typeof cause === 'object' && cause !== null) return reasonOf(cause);
  if (typeof code === 'string' && code !== '') return code;
  // A name with several addresses fails once for each.
  if (Array.isArray(errors) && errors.length > 0) return reasonOf(errors[0]);
  return typeof message === 'string' ? message : String(error);
}
