import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeEvent, planChaos, type Harm, type Harms, type Part } from '../../../../dev/chaos/schedule.ts'

const harms = fc.uniqueArray(fc.constantFrom<Harm>('stop', 'kill', 'cut', 'throttle'))
const plans: fc.Arbitrary<Harms> = fc.record({
  durationMs: fc.integer({ min: 1000, max: 60_000 }),
  parts: fc.record({ api: harms, database: harms, broker: harms }, { requiredKeys: [] }),
})

describe('planChaos', () => {
  it('gives the same events for the same seed, and others for another', () => {
    const all: Harms = { durationMs: 15_000, parts: { api: ['kill'], database: ['stop', 'kill', 'cut', 'throttle'] } }
    expect(planChaos('1', all)).toEqual(planChaos('1', all))
    expect(planChaos('1', all)).not.toEqual(planChaos('2', all))
    const many = Array.from({ length: 50 }, (_, seed) => planChaos(String(seed), all)).flat()
    expect(new Set(many.map(({ part, harm }) => `${harm}-${part}`))).toEqual(
      new Set(['kill-api', 'stop-database', 'kill-database', 'cut-database', 'throttle-database']),
    )
  })

  it('keeps to the run, to what may be done, and hurts one part by one thing at a time', () => {
    fc.assert(
      fc.property(fc.string(), plans, (seed, plan) => {
        const events = planChaos(seed, plan)
        expect(events.length).toBeLessThanOrEqual(6)
        const endOf = new Map<Part, number>()
        let last = 0
        for (const { part, harm, atMs, forMs } of events) {
          expect(plan.parts[part]).toContain(harm)
          expect(atMs).toBeGreaterThanOrEqual(Math.max(2000, last))
          expect(atMs + forMs).toBeLessThanOrEqual(plan.durationMs - 3000)
          expect(atMs).toBeGreaterThanOrEqual((endOf.get(part) ?? -500) + 500)
          endOf.set(part, atMs + forMs)
          last = atMs
        }
      }),
    )
  })

  it('is said in a word', () => {
    expect(describeEvent({ part: 'database', harm: 'kill', atMs: 3210, forMs: 1100 })).toBe('kill-database@3.2s:1.1s')
  })
})
