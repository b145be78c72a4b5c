/** For `spawnProcess` and `temporaryDirectory`: PostgreSQL and PgBouncer refuse to run as root. `nobody` exists wherever root runs
 *  tests; everybody else runs them as himself. */
export const unprivileged = process.getuid?.() === 0 ? { owner: { uid: 65_534, gid: 65_534 } } : {};
