import type { Cache } from '../../ports/cache.ts'
import type { Store } from '../../ports/database.ts'
import type { ShownDay, ShownStation } from './api-schemas.ts'
import { days, type Day } from './tables.ts'
import { readThrough } from '../../adapters/cache/cache.ts'

/** Stations and days as the JSON that the API responds with: at most the cache's age old. */
export interface Board {
  /** Every station with its first and last day and its places, in order of names. */
  readStations(): Promise<Buffer>
  /** The days of a station, in order; null when there is no such station. */
  readDays(station: string): Promise<Buffer | null>
}

/** Thrown where nothing is to be kept; never leaves this file. */
const unknownStation = new Error('there is no such station')

/** The board over `store`; what is cached are the serialised bytes, `ttlMs` long. */
export function createBoard(store: Store, cache: Cache, ttlMs: number): Board {
  const through = readThrough(cache, ttlMs)

  async function loadDays(station: string): Promise<Buffer> {
    const found = await store.find(days, { station }, { orderBy: ['date'] })
    // Names that somebody makes up would fill the cache.
    if (found.length === 0) throw unknownStation
    const shown = found.map(({ date, capacity, available }): ShownDay => ({ date, capacity, available }))
    return Buffer.from(JSON.stringify(shown))
  }

  async function loadStations(): Promise<Buffer> {
    const stations = new Map<string, ShownStation>()
    for await (const day of store.scan(days)) stations.set(day.station, addDay(stations.get(day.station), day))
    const ordered = [...stations.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return Buffer.from(JSON.stringify(ordered))
  }

  return {
    readStations: () => through('stations', loadStations),
    readDays: (station) =>
      through(`station:${station}`, () => loadDays(station)).catch((error: unknown) => {
        if (error === unknownStation) return null
        throw error
      }),
  }
}

function addDay(station: ShownStation | undefined, { station: name, date, capacity, available }: Day): ShownStation {
  if (!station) return { name, firstDay: date, lastDay: date, days: 1, capacity, available }
  return {
    name,
    firstDay: date < station.firstDay ? date : station.firstDay,
    lastDay: date > station.lastDay ? date : station.lastDay,
    days: station.days + 1,
    capacity: station.capacity + capacity,
    available: station.available + available,
  }
}
