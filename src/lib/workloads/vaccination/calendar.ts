import type { Cache } from '../../ports/cache.ts'
import type { Store, Where } from '../../ports/database.ts'
import { encode, readEncodedThrough, type Encoding } from '../shared/http/encoding.ts'
import { schedules, type Slot } from './tables.ts'

export interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly day?: number
}

/** Reads slots as the JSON that the API responds with, compressed where asked. */
export interface Calendar {
  /** The slots in order of time, straight from the database. */
  read(date: CalendarDate, encoding: Encoding): Promise<Buffer>
  /** The same bytes, at most the cache's age old; one database read, and one compression, however many ask. */
  readCached(date: CalendarDate, encoding: Encoding): Promise<Buffer>
}

/** The calendar over `store`; what is cached are the serialised bytes, `ttlMs` long. */
export function createCalendar(store: Store, cache: Cache, ttlMs: number): Calendar {
  const through = readEncodedThrough(cache, ttlMs)

  async function read(date: CalendarDate): Promise<Buffer> {
    const slots = await store.find(schedules, whereOf(date), { orderBy: ['day', 'hour', 'min'] })
    return Buffer.from(JSON.stringify(slots))
  }

  return {
    read: async (date, encoding) => encode(await read(date), encoding),
    readCached: (date, encoding) =>
      through(`calendar:${date.year}-${date.month}-${date.day ?? ''}`, encoding, () => read(date)),
  }
}

function whereOf({ year, month, day }: CalendarDate): Where<Slot> {
  return day === undefined ? { year, month } : { year, month, day }
}
