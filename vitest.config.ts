/**
 * How tests are found and run: beside the file they test, or in test/ when they need two rooms. Each
 * file has its own process, because the house opens databases and sockets and a leak must not travel.
 */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules', 'build', 'cdk.out', '.novacron'],
    pool: 'forks',
    globals: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    passWithNoTests: false,
  },
})
