import type { Random } from '../base/random.ts'
import type { Counter, RowLayout } from '../ports/database.ts'
import { z } from 'zod'
import { failure } from '../base/errors/errors.ts'
import { keyOrders, type KeyOrder } from '../base/key-order.ts'

/** Whether the rows of a parent follow one another, or stand all over the table. */
export type RowOrder = (typeof rowOrders)[number]

export const rowOrders = ['grouped', 'shuffled'] as const

/** Whether the table has its indexes while rows are loaded, or gets them when all are in. */
export type IndexTime = (typeof indexTimes)[number]

export const indexTimes = ['before', 'after'] as const

/** A parent, and how many of the rows are its children. */
export interface ParentRows {
  readonly key: number
  readonly rows: number
}

/** Everything that a seeding's rows follow from, as plain data: the same recipe gives the same rows. */
export interface SeedRecipe {
  readonly seed: string
  readonly keys: KeyOrder
  readonly order: RowOrder
  readonly indexes: IndexTime
  /** Serial number of the first row. */
  readonly firstSerial: number
  /** In ascending order of their keys. */
  readonly parents: readonly ParentRows[]
}

/** Writes a seeding's row `index` (from 0) at `offset`; `parent` is the key of its parent. */
export type RowWriter = (target: Buffer, offset: number, index: number, parent: number, random: Random) => void

/** A table that can be seeded. */
export interface SeedTarget<R extends object> {
  readonly layout: RowLayout<R>
  readonly counter: Counter
  /** Makes the recipe's rows. */
  createWriter(recipe: SeedRecipe): RowWriter
}

export function rowsOf({ parents }: SeedRecipe): number {
  return parents.reduce((sum, { rows }) => sum + rows, 0)
}

const whole = z.number().int().nonnegative()

/** Runs of `[first key, distance to the next, how many, rows each]`: some bytes for a regular calendar. */
const SavedRecipe = z.strictObject({
  seed: z.string(),
  keys: z.enum(keyOrders),
  order: z.enum(rowOrders),
  indexes: z.enum(indexTimes),
  firstSerial: whole,
  runs: z.array(z.tuple([whole, whole, whole, whole])),
})

/** Slots of fifty years with one in every minute, and some more. */
const mostParents = 30_000_000

export function encodeRecipe({ seed, keys, order, indexes, firstSerial, parents }: SeedRecipe): string {
  const saved: z.input<typeof SavedRecipe> = { seed, keys, order, indexes, firstSerial, runs: toRuns(parents) }
  return JSON.stringify(saved)
}

/** The recipe that `encodeRecipe` wrote; null for any other text. */
export function decodeRecipe(text: string): SeedRecipe | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const read = SavedRecipe.safeParse(value)
  if (!read.success) return null
  const { runs, ...rest } = read.data
  const count = runs.reduce((sum, run) => sum + run[2], 0)
  if (count > mostParents) return null
  return { ...rest, parents: runs.flatMap(fromRun) }
}

type Run = [key: number, step: number, count: number, rows: number]

function toRuns(parents: readonly ParentRows[]): Run[] {
  const runs: Run[] = []
  for (const { key, rows } of parents) {
    const run = runs.at(-1)
    const step = run ? key - (run[0] + run[1] * (run[2] - 1)) : 0
    if (run && run[3] === rows && (run[2] === 1 || run[1] === step)) {
      run[1] = step
      run[2]++
    } else {
      runs.push([key, 0, 1, rows])
    }
  }
  return runs
}

function fromRun([key, step, count, rows]: Run): ParentRows[] {
  return Array.from({ length: count }, (_, index) => ({ key: key + index * step, rows }))
}

/** A parent row, and how many more children it can take. */
export interface Capacity {
  readonly key: number
  readonly free: number
}

/**
 * Distributes `rows` over the parents as evenly as their capacities allow; what one cannot take goes to the others. Parents
 * keep their order, those that get nothing are dropped. Throws `capacity-exceeded`.
 */
export function distributeEvenly(capacities: readonly Capacity[], rows: number): ParentRows[] {
  const free = capacities.map((parent) => Math.max(0, parent.free))
  const most = free.reduce((sum, places) => sum + places, 0)
  if (rows > most) throw failure('capacity-exceeded', { rows, free: most })
  const given = new Float64Array(free.length)
  // Smallest first: when its turn comes, its fair share of what is left is the most it could ever get.
  const bySize = Uint32Array.from(free.keys()).sort((a, b) => free[a]! - free[b]!)
  let left = rows
  for (const [place, index] of bySize.entries()) {
    const share = Math.min(free[index]!, Math.ceil(left / (bySize.length - place)))
    given[index] = share
    left -= share
  }
  return capacities.flatMap(({ key }, index) => (given[index]! > 0 ? [{ key, rows: given[index]! }] : []))
}

/** The options that a seeding was asked for with; one that is left out may have any value. */
export interface AskedRecipe {
  readonly rows?: number
  /** For each slot. */
  readonly number?: number
  readonly keys?: string
  readonly order?: string
  readonly indexes?: string
  readonly seed?: string
}

/** Throws `seeding-other` unless an unfinished seeding is the one that is asked for. */
export function requireSameRecipe(url: string, recipe: SeedRecipe, asked: AskedRecipe): void {
  const { keys, order, indexes, seed, parents } = recipe
  const rows = rowsOf(recipe)
  const isPerSlot = asked.number !== undefined && parents.every(({ rows: each }) => each === asked.number)
  const unfinished = { rows, ...(isPerSlot ? { number: asked.number } : {}), keys, order, indexes, seed }
  const differs = Object.entries(asked).some(([name, value]) => unfinished[name as keyof AskedRecipe] !== value)
  if (differs)
    throw failure('seeding-other', {
      url,
      wanted: asFlags(asked),
      unfinished: asFlags({ rows, keys, order, indexes, seed }),
    })
}

function asFlags(recipe: AskedRecipe): string {
  return Object.entries(recipe)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ')
}

/** The part of a saved report that says what was seeded. */
export interface SeededReport {
  /** As `encodeRecipe` wrote it; earlier versions saved none. */
  readonly recipe?: string | undefined
}

/**
 * The seedings that a table was filled by, from its first row on, given the reports of it from the oldest to the newest:
 * the latest and those that it went on from. Null when one of them is missing, as when rows came in some other way between
 * two.
 */
export function seedingsOf(reports: readonly SeededReport[]): SeedRecipe[] | null {
  const recipes = reports.flatMap(({ recipe }) => (recipe === undefined ? [] : (decodeRecipe(recipe) ?? [])))
  const chain: SeedRecipe[] = []
  let from = recipes.at(-1)
  while (from) {
    chain.unshift(from)
    const { firstSerial } = from
    if (firstSerial === 0) return chain
    from = recipes
      .slice(0, recipes.indexOf(from))
      .findLast((earlier) => earlier.firstSerial + rowsOf(earlier) === firstSerial)
  }
  return null
}
