/** The sentence of an RFC 9457 problem; null when the body is none. */
export function detailOf(body: string): string | null {
  try {
    const problem: unknown = JSON.parse(body);
    const isProblem = typeof problem === 'object' && problem !== null && 'detail' in problem;
    return isProblem && typeof problem.detail === 'string' ? problem.detail : null;
  } catch {
    return null;
  }
}
