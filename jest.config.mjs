const project = (displayName, testMatch) => ({
  displayName,
  rootDir: import.meta.dirname,
  testMatch,
  testEnvironment: 'node',
  // `source` makes workspace imports resolve to src/*.ts, never to a stale dist.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
});

/** `unit` needs nothing but Node (and what it finds of PostgreSQL and Redis); `system` starts the product's own processes;
 *  `compose` needs a Docker engine. */
export default {
  projects: [
    project('unit', ['<rootDir>/{packages,services}/*/test/**/*.test.ts']),
    project('system', ['<rootDir>/{packages,services}/*/test/**/*.system.ts']),
    project('compose', ['<rootDir>/services/*/test/**/*.compose.ts']),
  ],
  reporters: ['default', '<rootDir>/packages/test-kit/src/jest/closing-line-reporter.mjs'],
  maxWorkers: 2,
  testTimeout: 30_000,
};
