import { defineConfig } from 'vitest/config'
import { LongFilesFirst } from './test/support/long-files-first.ts'

/** What comes soon on a machine of one's own takes longer where others share it. */
const poll = { timeout: 20_000 }

/** On a machine that others use, a test of real time may fail by chance: .ci/run names those that passed at their second try. */
const retry = process.env['CI'] ? 1 : 0

export default defineConfig({
  test: {
    sequence: { sequencer: LongFilesFirst },
    projects: [
      // Property tests take their time where others share the machine.
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 30_000,
          // Half of the time went into loading modules anew for each file.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // More than processors: these wait for servers most of the time.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          retry,
          hookTimeout: 60_000,
          expect: { poll },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          retry,
          hookTimeout: 120_000,
          expect: { poll },
          // oclif's output goes through the console; vitest must not swallow it first.
          disableConsoleIntercept: true,
        },
      },
    ],
  },
})
