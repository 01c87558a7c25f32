import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The file that Node takes. Vite would take another one, and mercurius, which it leaves to Node, would not know its types.
const resolve = { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] }

export default defineConfig({
  test: {
    projects: [
      // Property tests take their time where others share the machine.
      {
        resolve,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // oclif's output goes through the console; vitest must not swallow it first.
          disableConsoleIntercept: true,
        },
      },
    ],
  },
})
