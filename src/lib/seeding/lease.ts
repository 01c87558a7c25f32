import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { ignoreFailure } from '../base/abort.ts'
import type { Database, Table } from '../ports/database.ts'
import { failure, RushbenchError } from '../base/errors/errors.ts'
import type { JournalPart } from './journal-tables.ts'
import { isGone, thisProcess } from '../base/processes.ts'

/** Where the lease stands among the parts of the journal. */
export const leasePart = -1

/** How long a lease is good for without being prolonged, ms. */
const seedingLeaseMs = 15_000

/** The same for a measurement, whose server is to be left alone: it is prolonged less than once a minute. */
export const quietLeaseMs = 240_000

/** How many times a lease is prolonged within its own length. */
const renewalsInLease = 3

const askAgainMs = 500

const SavedLease = z.strictObject({
  /** Nobody else has it. */
  holder: z.string(),
  /** For people: `process 4711 on host db1`. */
  owner: z.string(),
  process: z.strictObject({ place: z.string(), pid: z.number(), startedAt: z.string() }),
  /** By the server's clock, ms since 1970. */
  since: z.number(),
  until: z.number(),
})

type SavedLease = z.output<typeof SavedLease>

/** Options of taking a lease. */
export interface LeaseOptions {
  readonly leaseMs?: number
  /** Called with a sentence that says what is waited for. */
  readonly onWait?: (text: string) => void
  readonly signal?: AbortSignal
}

interface Held {
  readonly parts: Table<JournalPart>
  readonly holder: string
  readonly leaseMs: number
  /** As it stands in the database. */
  text: string
  lost: Error | null
  renewing: Promise<void> | null
  readonly timer: NodeJS.Timeout
}

/** The lease that each database handle holds: it works on one journal at a time. */
const held = new WeakMap<Database, Held>()

/**
 * Makes this handle the only one that works on the journal, whose tables are there: takes the lease where it is free, has
 * run out by the server's clock or is that of a process that has ended, and prolongs it from then on. Waits for one that is
 * not being prolonged. Throws `seeding-held` when it is, `seeding-gone` where the tables are gone, and `interrupted`.
 */
export async function takeLease(
  database: Database,
  parts: Table<JournalPart>,
  options: LeaseOptions = {},
): Promise<void> {
  const { leaseMs = seedingLeaseMs, onWait = () => {}, signal } = options
  if (held.has(database)) return renewLease(database)
  const holder = randomUUID()
  let first: SavedLease | null = null
  for (;;) {
    const now = await database.now()
    const found = await readLease(database, parts)
    const lease = found?.lease ?? null
    if (lease === null || isFree(lease, now)) {
      const own = { holder, owner: thisProcess.name, process: thisProcess.facts, since: now, until: now + leaseMs }
      const text = encode(own)
      if (await write(database, parts, found?.text ?? null, text))
        return keep(database, { parts, holder, leaseMs, text })
      continue
    }
    if (first?.holder !== lease.holder) {
      onWait(`waiting for a sign of life of ${lease.owner}, which is seeding: ${secondsFrom(now, lease.until)} s`)
      first = lease
    }
    if (lease.until > first.until) throw heldBy(database, lease, now)
    if (signal?.aborted) throw failure('interrupted', { done: 'Nothing was begun.' })
    await sleep(askAgainMs)
  }
}

/** Throws `seeding-held` while a process that has not ended, as far as anybody knows, holds the journal's lease. */
export async function requireFree(database: Database, parts: Table<JournalPart>): Promise<void> {
  const now = await database.now()
  const lease = (await readLease(database, parts))?.lease
  if (lease && lease.holder !== held.get(database)?.holder && !isFree(lease, now)) throw heldBy(database, lease, now)
}

/** Throws `seeding-taken` or `seeding-gone` once this handle's lease is known to be lost; it need not have any. */
export function requireLease(database: Database): void {
  const lost = held.get(database)?.lost
  if (lost) throw lost
}

/** Prolongs the lease of this handle, if it has any. Throws `seeding-taken`, `seeding-gone`. */
export async function renewLease(database: Database): Promise<void> {
  const own = held.get(database)
  if (!own) return
  requireLease(database)
  own.renewing ??= prolong(database, own).finally(() => (own.renewing = null))
  await own.renewing
}

async function prolong(database: Database, own: Held): Promise<void> {
  // An engine that makes what is written to would make the journal's table anew, without our mark.
  const { parts } = own
  if (!(await hasTable(database, parts))) {
    own.lost = lossOf(database, null)
    throw own.lost
  }
  const until = (await database.now()) + own.leaseMs
  for (let tries = 1; ; tries++) {
    const text = encode({ ...(decode(own.text) as SavedLease), until })
    // Within the same millisecond there is nothing to change.
    if (text === own.text || (await write(database, parts, own.text, text))) {
      own.text = text
      return
    }
    const found = await readLease(database, parts)
    if (found?.lease?.holder !== own.holder || tries > 1) {
      own.lost = lossOf(database, found?.lease ?? null)
      throw own.lost
    }
    // The server has stored what it could not acknowledge.
    own.text = found.text
  }
}

/** Why this handle's lease is lost; null where it is not known to be, or where it has none. */
export async function explainLoss(database: Database): Promise<Error | null> {
  const own = held.get(database)
  if (!own || own.lost) return own?.lost ?? null
  try {
    const found = await readLease(database, own.parts)
    return found?.lease?.holder === own.holder ? null : lossOf(database, found?.lease ?? null)
  } catch (error) {
    return error instanceof RushbenchError && error.code === 'seeding-gone' ? error : null
  }
}

/** Stops prolonging the lease, and leaves it to the next where the journal stays. */
export async function releaseLease(database: Database): Promise<void> {
  const own = held.get(database)
  forgetLease(database)
  if (own?.renewing) await ignoreFailure(own.renewing)
  if (own && !own.lost) await ignoreFailure(database.store.remove(own.parts, { part: leasePart, text: own.text }))
}

/** Stops prolonging a lease that goes with the journal. */
export function forgetLease(database: Database): void {
  clearInterval(held.get(database)?.timer)
  held.delete(database)
}

function keep(database: Database, own: Pick<Held, 'parts' | 'holder' | 'leaseMs' | 'text'>): void {
  // A database that is away for a moment is asked again; whether the lease was lost meanwhile is seen then.
  const timer = setInterval(() => void ignoreFailure(renewLease(database)), own.leaseMs / renewalsInLease).unref()
  held.set(database, { ...own, lost: null, renewing: null, timer })
}

function isFree(lease: SavedLease, now: number): boolean {
  return lease.until <= now || isGone(lease.process)
}

/** A lease that cannot be read is nobody's. Throws `seeding-gone` where the journal's tables are not there. */
async function readLease(
  database: Database,
  parts: Table<JournalPart>,
): Promise<{ text: string; lease: SavedLease | null } | null> {
  const [row] = await database.store.find(parts, { part: leasePart }).catch(async (error: unknown) => {
    throw (await hasTable(database, parts)) ? error : lossOf(database, null)
  })
  if (row) return { text: row.text, lease: decode(row.text) }
  // An engine may read what is not there as empty.
  if (!(await hasTable(database, parts))) throw lossOf(database, null)
  return null
}

async function hasTable(database: Database, parts: Table<JournalPart>): Promise<boolean> {
  return (await database.tables()).some(({ name, mark }) => name === parts.name && mark !== null)
}

/** False when another was faster. */
async function write(
  database: Database,
  parts: Table<JournalPart>,
  before: string | null,
  text: string,
): Promise<boolean> {
  if (before !== null) return (await database.store.update(parts, { part: leasePart, text: before }, { text })) > 0
  try {
    await database.store.insert(parts, [{ part: leasePart, text }])
    return true
  } catch (error) {
    if (await readLease(database, parts).catch(() => null)) return false
    throw error
  }
}

function heldBy({ url }: Database, { owner, since }: SavedLease, now: number): Error {
  return failure('seeding-held', { url, owner, seconds: secondsFrom(since, now) })
}

function lossOf({ url }: Database, lease: SavedLease | null): Error {
  return lease ? failure('seeding-taken', { url, owner: lease.owner }) : failure('seeding-gone', { url })
}

function encode(lease: SavedLease): string {
  return JSON.stringify(lease)
}

function decode(text: string): SavedLease | null {
  try {
    return SavedLease.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

function secondsFrom(from: number, to: number): number {
  return Math.max(0, Math.round((to - from) / 1000))
}
