/** The schema this version is written for: the last folder of `prisma/migrations` (a test holds them together). Services
 *  ship without that folder, so it is a constant. */
export const NEWEST_MIGRATION = '20261201000000_search';
