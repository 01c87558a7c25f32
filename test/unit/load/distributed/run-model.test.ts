import { describe, expect, it } from 'vitest'
import type { GeneratorHooks, GeneratorInterval, LoadGenerator } from '../../../../src/lib/load/engine/generator.ts'
import { createRecorder } from '../../../../src/lib/load/metrics/recorder.ts'
import { runModel } from '../../../../src/lib/load/distributed/run-model.ts'
import { createMemoryLedger } from '../../../support/ledgers.ts'
import { users } from '../../../support/load/virtual-run.ts'
import { healthOf } from '../../../support/load/generator-health.ts'

const health = healthOf()

/** A generator that writes down what is asked of it, and books once. */
function createGenerator(log: string[], index: number, { ledger }: GeneratorHooks): LoadGenerator {
  return {
    async prepare() {
      log.push(`prepare ${index}`)
    },
    async run() {
      log.push(`run ${index}`)
      await ledger.record({ key: `${index}`, resource: 1, outcome: 'booked' })
      const recorded = createRecorder().take(0)
      const progress = { seconds: 1, elapsedSeconds: 1, users: 1, full: false, iterations: 1, userMs: 0, waitedMs: 0 }
      return { last: { progress, recorded, health }, lost: null, worker: null }
    },
    async close() {
      log.push(`close ${index}`)
    },
  }
}

const plan = {
  model: users(2),
  shards: 2,
  signal: new AbortController().signal,
  onLost: () => {},
  onMistake: () => {},
  onSecond: () => {},
}

describe('runModel', () => {
  it('starts no thread before all are prepared', async () => {
    const log: string[] = []
    const ledger = createMemoryLedger()
    const { threads } = await runModel({
      ...plan,
      openLedger: async () => ledger,
      createGenerator: ({ index, of }, hooks) => createGenerator(log, index * 10 + of, hooks),
    })
    expect(log).toEqual(['prepare 2', 'prepare 12', 'run 2', 'run 12', 'close 2', 'close 12'])
    expect(threads).toEqual([health, health])
  })

  it('counts the bookings of this run alone, though the ledger is older', async () => {
    const ledger = createMemoryLedger()
    const run = {
      ...plan,
      openLedger: async () => ledger,
      createGenerator: ({ index }: { index: number }, hooks: GeneratorHooks) => createGenerator([], index, hooks),
    }
    expect((await runModel(run)).result.outcomes.booked).toBe(2)
    expect((await runModel(run)).result.outcomes.booked).toBe(2)
    expect(ledger.counts().booked).toBe(4)
  })

  it('ends all threads once it is decided, and was not interrupted by that', async () => {
    let rows = 0
    const { decided, result } = await runModel({
      ...plan,
      openLedger: async () => createMemoryLedger(),
      createGenerator({ index }, hooks) {
        const generator = createGenerator([], index, hooks)
        return {
          ...generator,
          async run() {
            const end = await generator.run()
            while (!hooks.signal.aborted) {
              hooks.onSecond(end.last as GeneratorInterval)
              await new Promise((turn) => void setImmediate(turn))
            }
            return end
          },
        }
      },
      onSecond: () => rows++,
      isDecided: ({ progress, threads }) => progress.length === 2 && threads.length === 2 && rows === 3,
    })
    expect([decided, result.interrupted, rows]).toEqual([true, false, 3])
  })

  it('closes all threads when one fails', async () => {
    const log: string[] = []
    const running = runModel({
      ...plan,
      openLedger: async () => createMemoryLedger(),
      createGenerator: ({ index }, hooks) => {
        const generator = createGenerator(log, index, hooks)
        return index === 0 ? { ...generator, prepare: () => Promise.reject(new Error('no token')) } : generator
      },
    })
    await expect(running).rejects.toThrow('no token')
    expect(log).toEqual(['prepare 1', 'close 0', 'close 1'])
  })
})
