import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateSlots, slotAt, slotId } from '../../../../src/lib/workloads/vaccination/slots.ts'

const defaults = { from: '2000-01-01', years: 3, opens: 480, closes: 1180, every: 1_200_000, capacity: 300 }

describe('generateSlots', () => {
  it("makes the original's 39,456 slots: 1,096 days with 36 each", () => {
    const slots = generateSlots(defaults)
    expect(slots).toHaveLength(39_456)
    expect(slots[0]).toEqual({
      id: 15778560,
      max_available: 300,
      stock: 300,
      year: 2000,
      month: 1,
      day: 1,
      hour: 8,
      min: 0,
    })
    expect(slots.at(-1)).toMatchObject({ year: 2002, month: 12, day: 31, hour: 19, min: 40 })
    expect(slots.filter((slot) => slot.year === 2000 && slot.month === 1)).toHaveLength(1116)
    expect(slots.filter((slot) => slot.month === 2 && slot.day === 29)).toHaveLength(36)
  })

  it('ends before the same day of the last year, also from a leap day', () => {
    const slots = generateSlots({ ...defaults, from: '2024-02-29', years: 1 })
    expect(slots.at(-1)).toMatchObject({ year: 2025, month: 2, day: 28 })
  })
})

describe('slotId', () => {
  it('is the way back from slotAt', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 68_000_000 }), (id) => {
        const { year, month, day, hour, min } = slotAt(id, 1)
        expect(slotId(year, month, day, hour, min)).toBe(id)
      }),
    )
  })

  it('knows which dates there are not', () => {
    expect(slotId(2023, 2, 29, 8, 0)).toBeNull()
    expect(slotId(2023, 4, 31, 8, 0)).toBeNull()
    expect(slotId(2024, 2, 29, 8, 0)).not.toBeNull()
  })
})
