import { readFile } from 'node:fs/promises'
import type { ReadRows, Row } from './rows.ts'

/** Faults, counted as the audit counts them. */
export interface Wrongs {
  readonly lost: number
  readonly duplicate: number
  readonly oversold: number
}

/** A line of a ledger. */
export interface Entry {
  readonly outcome: string
  readonly key: string
  readonly resource: number | string
  readonly id?: number | string
}

/** Row that is stored under a key of the ledger; the id is empty where there is none. */
export interface Stored {
  readonly key: string
  readonly resource: string
  readonly id: string
}

/** Where a workload keeps what its ledger speaks of. */
export interface Place {
  readonly bookings: (read: ReadRows) => Promise<Stored[]>
  /** Rows of id, capacity and what is free; null where nothing can be sold out. */
  readonly resources: ((read: ReadRows) => Promise<Row[]>) | null
  /** Number of bookings whose message is nowhere; left out where none are sent. */
  readonly unsent?: (read: ReadRows, readBroker: ReadRows) => Promise<number>
}

/** Checks a ledger against what is stored, in the simplest way: everything in memory, nothing shared with the audit. */
export async function findTruth(
  ledgerFile: string,
  read: ReadRows,
  place: Place,
  readBroker: ReadRows | null = null,
): Promise<Wrongs> {
  const byKey = Map.groupBy(await place.bookings(read), ({ key }) => key)
  let lost = (readBroker && (await place.unsent?.(read, readBroker))) ?? 0
  let duplicate = 0
  for (const entry of await readEntries(ledgerFile)) {
    const stored = byKey.get(entry.key) ?? []
    if (entry.outcome !== 'booked') duplicate += Math.max(0, stored.length - 1)
    else {
      if (!stored.some((row) => isPromised(entry, row))) lost++
      if (stored.length > 1) duplicate++
    }
  }
  const resources = place.resources ? await place.resources(read) : []
  return { lost, duplicate, oversold: countOversold(byKey, resources) }
}

function isPromised({ id, resource }: Entry, row: Stored): boolean {
  return String(resource) === row.resource && (id === undefined || String(id) === row.id)
}

function countOversold(byKey: ReadonlyMap<string, readonly Stored[]>, resources: readonly Row[]): number {
  const taken = new Map<string, number>()
  for (const stored of byKey.values()) {
    for (const { resource } of stored) taken.set(resource, (taken.get(resource) ?? 0) + 1)
  }
  return resources.filter(([id = '', capacity, free]) => {
    const sold = taken.get(id) ?? 0
    return sold > Number(capacity) || Number(free) !== Number(capacity) - sold
  }).length
}

/** The last line may have been cut off, where the load was killed. */
async function readEntries(file: string): Promise<Entry[]> {
  const [, ...lines] = (await readFile(file, 'utf8')).split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Entry)
}

/** Returns the acknowledged entries of a ledger by their keys. */
export async function readAcknowledged(file: string): Promise<readonly Entry[]> {
  return (await readEntries(file)).filter(({ outcome }) => outcome === 'booked')
}
