import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createReservationWriter, createNamePool } from '../../../../src/lib/workloads/vaccination/reservation-rows.ts'
import { reservationLayout } from '../../../../src/lib/workloads/vaccination/tables.ts'

function row(serial: number, slot: number, seed = 'seed'): string {
  const target = Buffer.alloc(reservationLayout.rowBytes)
  const recipe = { seed, keys: 'ascending', order: 'grouped', indexes: 'before', firstSerial: serial } as const
  const writeRow = createReservationWriter({ ...recipe, parents: [{ key: slot, rows: 1 }] })
  writeRow(target, 0, 0, slot, createRandom(`${seed}/${serial}`))
  return target.toString('latin1')
}

describe('createReservationWriter', () => {
  it('writes id, ticket and slot at their places, with tabs between and a newline at the end', () => {
    const text = row(42, 15778560)
    expect(text).toMatch(/^[0-9a-f-]{36}\t[A-Z-]{16}0000000042\t15778560\n$/)
    for (const { offset, width } of reservationLayout.fields)
      expect(text.slice(offset, offset + width)).not.toMatch(/[\t\n]/)
  })

  it('depends on the seed and the serial number alone', () => {
    expect(row(7, 1)).toBe(row(7, 1))
    expect(row(7, 1)).not.toBe(row(7, 1, 'other'))
    expect(row(7, 1).slice(0, 36)).not.toBe(row(8, 1).slice(0, 36))
  })

  it('writes the largest numbers that fit', () => {
    expect(row(9_999_999_999, 99_999_999)).toMatch(/9999999999\t99999999\n$/)
  })
})

describe('createNamePool', () => {
  it('has 10,000 names of 16 letters and dashes, the same for the same seed', () => {
    const names = createNamePool(1)
    expect(names).toHaveLength(10_000)
    for (const name of names) expect(name).toMatch(/^[A-Z]+-[A-Z-]*$/)
    for (const name of names) expect(name).toHaveLength(16)
    expect(new Set(names).size).toBeGreaterThan(9000)
    expect(createNamePool(1)).toEqual(names)
  })
})
