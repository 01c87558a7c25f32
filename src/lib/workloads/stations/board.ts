import type { Cache } from '../../ports/cache.ts'
import type { Store } from '../../ports/database.ts'
import type { ShownDay, ShownStation } from './api-schemas.ts'
import { days, type Day } from './tables.ts'
import { readThrough, type CacheOptions } from '../../adapters/cache/cache.ts'
import { sendJson } from '../shared/http/api.ts'
import type { OriginalDay } from './wire.ts'
import type { FastifyReply } from 'fastify'
import type { WireOptions } from '../shared/scenarios.ts'

/** Stations and days as the JSON that the API responds with: at most the cache's age old. */
export interface Board {
  /** Every station with its first and last day and its places, in order of names. */
  readStations(): Promise<Buffer>
  /** The days of a station, in order; null when there is no such station. */
  readDays(station: string): Promise<Buffer | null>
}

/** Thrown where nothing is to be kept; never leaves this file. */
const unknownStation = new Error('there is no such station')

/** The board over `store`; what is cached are the serialised bytes, `cacheTtl` long. */
export function createBoard(store: Store, cache: Cache, { cacheTtl, wire }: CacheOptions & WireOptions): Board {
  const through = readThrough(cache, cacheTtl)
  const show: (day: Day) => ShownDay | OriginalDay = wire === 'original' ? showOriginally : showDay

  async function loadDays(station: string): Promise<Buffer> {
    const found = await store.find(days, { station }, { orderBy: ['date'] })
    // Names that somebody makes up would fill the cache.
    if (found.length === 0) throw unknownStation
    return Buffer.from(JSON.stringify(found.map((day) => show(day))))
  }

  async function loadStations(): Promise<Buffer> {
    const stations = new Map<string, ShownStation>()
    for await (const day of store.scan(days)) stations.set(day.station, addDay(stations.get(day.station), day))
    const ordered = [...stations.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return Buffer.from(JSON.stringify(ordered))
  }

  return {
    readStations: () => through('stations', loadStations),
    async readDays(station) {
      if (!mayBeStation.test(station)) return null
      try {
        return await through(`station:${wire}:${station}`, () => loadDays(station))
      } catch (error) {
        if (error === unknownStation) return null
        throw error
      }
    },
  }
}

/** Excludes characters that a database may refuse to look for. */
const mayBeStation = /^[^\p{Cc}\p{Cs}]+$/u

function showDay({ date, capacity, available }: Day): ShownDay {
  return { date, capacity, available }
}

function showOriginally({ station, date, available }: Day): OriginalDay {
  return { location: station, date, availability: available }
}

/** Sends what the board shows; caches on the way may keep it for a second. */
export function sendBoard(reply: FastifyReply, bytes: Buffer): FastifyReply {
  return sendJson(reply.header('cache-control', 'public, max-age=1'), bytes)
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
