import { describe, expect, it } from 'vitest'
import type { Change, Database } from '../../../../src/lib/ports/database.ts'
import { createReservationService } from '../../../../src/lib/workloads/vaccination/booking-service.ts'

/** Books slot 1, has slot 2 sold out, knows no other; `find` may fail. */
function serviceOver(find: () => Promise<{ id: number }[]>) {
  const batches: number[] = []
  const store = {
    apply: async (changes: readonly Change[]) => {
      batches.push(changes.length)
      return changes.map(({ guard }) => (guard?.where as { id: number } | undefined)?.id === 1)
    },
    find,
  }
  const service = createReservationService({ store } as unknown as Database)
  const book = (ticket_id: string, schedule_id: number) => service({ ticket_id, schedule_id })
  return { book, batches }
}

describe('the booking service', () => {
  it('commits those that come together at once, and tells each its own answer', async () => {
    const { book, batches } = serviceOver(async () => [{ id: 2 }])
    const results = await Promise.all([book('a', 1), book('b', 2), book('c', 3), book('d', 1)])
    expect(results.map(({ kind }) => kind)).toEqual(['booked', 'sold-out', 'no-such-slot', 'booked'])
    expect(batches).toEqual([4])
    await book('e', 1)
    expect(batches).toEqual([4, 1])
  })

  it('cuts a crowd into batches', async () => {
    const { book, batches } = serviceOver(async () => [])
    await Promise.all(Array.from({ length: 600 }, (_, i) => book(`t${i}`, 1)))
    expect(batches).toEqual([256, 256, 88])
  })

  it('tells those who have their place so, also when the others cannot be answered', async () => {
    const { book } = serviceOver(() => Promise.reject(new Error('the server is gone')))
    const [booked, refused] = await Promise.allSettled([book('a', 1), book('b', 2)])
    expect(booked).toMatchObject({ status: 'fulfilled', value: { kind: 'booked', reservation: { ticket_id: 'a' } } })
    expect(refused).toMatchObject({ status: 'rejected', reason: new Error('the server is gone') })
  })
})
