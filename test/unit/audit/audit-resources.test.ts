import { describe, expect, it } from 'vitest'
import { auditBookings } from '../../../src/lib/audit/audit-bookings.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import { bookingTables, reservations } from '../../../src/lib/workloads/vaccination/tables.ts'
import type { Violation } from '../../../src/lib/ports/workload.ts'
import { entriesOf, unwatched } from '../../support/ledgers.ts'

/** How one slot of 9 places stands: what is stored, and what it says is free. The last look stays. */
type Look = readonly [stored: number, stock: number]

/** A database whose tables change from look to look. */
function changingDatabase(looks: readonly Look[]) {
  let seen = 0
  const current = (): Look => looks[Math.min(seen, looks.length) - 1] as Look
  async function* scanReservations() {
    seen++
    for (let n = 0; n < current()[0]; n++) yield { id: `${n}`, ticket_id: `T${n}`, schedule_id: 7 }
  }
  async function* scanSchedules() {
    yield { id: 7, max_available: 9, stock: current()[1] }
  }
  const scan = (table: object) => (table === reservations ? scanReservations() : scanSchedules())
  const database = { store: { scan, count: async () => 0 } } as unknown as Database
  return { database, looks: () => seen }
}

async function audit(database: Database): Promise<string[]> {
  const found: Violation[] = []
  for await (const violation of auditBookings(database, bookingTables, entriesOf([]), unwatched)) found.push(violation)
  return found.map(({ kind, key, detail }) => `${kind}: ${key}, ${detail}`)
}

const oversold = (detail: string) => [`oversold: schedules 7, ${detail}`]

describe('the audit of what may still be booked', () => {
  it('looks once where all is well', async () => {
    const { database, looks } = changingDatabase([[3, 6]])
    expect(await audit(database)).toEqual([])
    expect(looks()).toBe(1)
  })

  it('forgets what was only on its way', async () => {
    const { database, looks } = changingDatabase([
      [3, 5],
      [5, 3],
      [5, 4],
    ])
    expect(await audit(database)).toEqual([])
    expect(looks()).toBe(3)
  })

  it('goes on while it changes, and reports what stays', async () => {
    const { database, looks } = changingDatabase([
      [3, 5],
      [4, 4],
      [11, -2],
    ])
    expect(await audit(database)).toEqual(oversold('11 reservations for 9 places, stock says -2'))
    expect(looks()).toBe(4)
  })

  it('does not wait for ever', async () => {
    const { database, looks } = changingDatabase(Array.from({ length: 99 }, (_, n) => [n, n]))
    expect(await audit(database)).toEqual(['wrong-stock: schedules 7, 4 reservations for 9 places, stock says 4'])
    expect(looks()).toBe(5)
  })
})
