import { z } from 'zod'
import type { Allotment } from './allot.ts'
import { keyOrders, type KeyOrder } from './keys.ts'

/** Whether the rows of a parent follow one another, or stand all over the table. */
export type RowOrder = (typeof rowOrders)[number]

export const rowOrders = ['grouped', 'shuffled'] as const

/** Whether the table has its indexes while rows are loaded, or gets them when all are in. */
export type IndexTime = (typeof indexTimes)[number]

export const indexTimes = ['before', 'after'] as const

/** What a seeding's rows follow from: the same recipe gives the same rows. Plain data. */
export interface SeedRecipe {
  readonly seed: string
  readonly keys: KeyOrder
  readonly order: RowOrder
  readonly indexes: IndexTime
  /** Serial number of the first row. */
  readonly firstSerial: number
  /** In ascending order of their keys. */
  readonly allotments: readonly Allotment[]
}

/** Rows in all. */
export function rowsOf({ allotments }: SeedRecipe): number {
  return allotments.reduce((sum, { rows }) => sum + rows, 0)
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
const mostAllotments = 30_000_000

/** A recipe as text. */
export function encodeRecipe({ seed, keys, order, indexes, firstSerial, allotments }: SeedRecipe): string {
  const saved: z.input<typeof SavedRecipe> = { seed, keys, order, indexes, firstSerial, runs: toRuns(allotments) }
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
  if (count > mostAllotments) return null
  return { ...rest, allotments: runs.flatMap(fromRun) }
}

type Run = [key: number, step: number, count: number, rows: number]

function toRuns(allotments: readonly Allotment[]): Run[] {
  const runs: Run[] = []
  for (const { key, rows } of allotments) {
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

function fromRun([key, step, count, rows]: Run): Allotment[] {
  return Array.from({ length: count }, (_, index) => ({ key: key + index * step, rows }))
}
