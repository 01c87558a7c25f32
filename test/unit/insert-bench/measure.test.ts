import { describe, expect, it } from 'vitest'
import type { ServerCounter } from '../../../src/lib/ports/database.ts'
import { createCounterSum } from '../../../src/lib/insert-bench/measure.ts'

const reads = (value: number): ServerCounter => ({ name: 'page reads', value, kind: 'total', unit: 'pages' })
const age = (value: number): ServerCounter => ({ name: 'checkpoint age', value, kind: 'level', unit: 'bytes' })

describe('createCounterSum', () => {
  it('adds up what totals grew by over its stretches alone, and takes levels as they were last', () => {
    const sum = createCounterSum()
    sum.add([reads(100), age(7)], [reads(110), age(8)])
    // What others read in between is not counted.
    sum.add([reads(500), age(9)], [reads(520), age(5)])
    expect(sum.perInsert(20)).toEqual([
      { name: 'page reads', value: 1.5, kind: 'total', unit: 'pages' },
      { name: 'checkpoint age', value: 5, kind: 'level', unit: 'bytes' },
    ])
  })

  it('adds nothing where a total fell, as after FLUSH STATUS, or is new', () => {
    const sum = createCounterSum()
    sum.add([reads(100)], [reads(3)])
    sum.add([], [reads(50)])
    expect(sum.perInsert(1)).toMatchObject([{ value: 0 }])
  })

  it('is empty where the server tells nothing', () => {
    const sum = createCounterSum()
    sum.add([], [])
    expect(sum.perInsert(10)).toEqual([])
  })
})
