import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planTurns } from '../../../src/lib/insert-bench/blocks.ts'

const shape = (turns: ReturnType<typeof planTurns>) => turns.map(({ keys, inserts }) => `${keys[0]}${inserts}`)

describe('planTurns', () => {
  it('lets the series take turns, the last of a round being the first of the next', () => {
    const turns = planTurns({ keys: ['ascending', 'random'], inserts: 35, concurrency: 1 })
    expect(shape(turns)).toEqual(['a11', 'r11', 'r12', 'a12', 'a12', 'r12'])
    expect(turns.map(({ until }) => until)).toEqual([11, 22, 34, 46, 58, 70])
  })

  it('makes no more than 20 blocks, none of less than 10 inserts or 4 a connection', () => {
    const one = (inserts: number, concurrency = 1) => shape(planTurns({ keys: ['random'], inserts, concurrency }))
    expect(one(9)).toEqual(['r9'])
    expect(one(100)).toHaveLength(10)
    expect(one(1000)).toHaveLength(20)
    expect(one(100, 8)).toEqual(['r33', 'r33', 'r34'])
  })

  it('plans every insert of every series', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 100 }), (inserts, concurrency) => {
        const turns = planTurns({ keys: ['ascending', 'random'], inserts, concurrency })
        for (const keys of ['ascending', 'random']) {
          const own = turns.filter((turn) => turn.keys === keys)
          expect(own.reduce((sum, turn) => sum + turn.inserts, 0)).toBe(inserts)
        }
        expect(turns.at(-1)!.until).toBe(2 * inserts)
      }),
    )
  })
})
