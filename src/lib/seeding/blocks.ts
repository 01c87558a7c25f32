import type { Block, CounterChange, EncodedRows } from '../ports/database.ts'
import { createPermutation, createRandom } from '../base/random.ts'
import type { SeedRecipe, ParentRows, RowWriter } from './recipe.ts'
import { chunksKept, rowsPerChunk } from '../base/limits.ts'

/** Rows that are stored with one commit. Fewer cost more commits, more grow the log and the wait at Ctrl-C. */
export const rowsPerBlock = 50_000

/** The rows of a seeding that a block holds. */
export interface BlockPlan {
  /** From 0. */
  readonly number: number
  /** Index of its first row in the seeding. */
  readonly first: number
  readonly rows: number
  /** The parents of its rows, in ascending order, when these are grouped. */
  readonly parents: CounterChange['parents']
}

/**
 * Cuts a seeding into blocks of at most `size` rows. A parent's rows stay in one block where they fit, so that two
 * connections seldom wait for each other over a parent.
 */
export function planBlocks(all: readonly ParentRows[], size = rowsPerBlock): BlockPlan[] {
  const blocks: BlockPlan[] = []
  let first = 0
  let rows = 0
  let parents: ParentRows[] = []
  const close = (): void => {
    if (rows === 0) return
    blocks.push({ number: blocks.length, first, rows, parents })
    first += rows
    rows = 0
    parents = []
  }
  for (const parent of all) {
    if (rows + parent.rows > size) close()
    let left = parent.rows
    while (left > 0) {
      const taken = Math.min(left, size - rows)
      parents.push(taken === parent.rows ? parent : { key: parent.key, rows: taken })
      rows += taken
      left -= taken
      if (rows === size) close()
    }
  }
  close()
  return blocks
}

/** Makes a seeding's blocks, the buffers of one loader being used again for each. */
export type BlockMaker = (plan: BlockPlan) => Block

export interface BlockSource {
  readonly plans: readonly BlockPlan[]
  /** For one loader: a block may be made only when the one before it is stored. */
  createMaker(): BlockMaker
}

/**
 * The blocks of a seeding with their rows, made as they are gone through. Each block is drawn from its own seed, so
 * that the rows depend on the recipe alone and not on who loads which block when.
 */
export function createBlockSource(recipe: SeedRecipe, rowBytes: number, writeRow: RowWriter): BlockSource {
  const parentOf = createParentLookup(recipe)
  const random = createRandom(recipe.seed)

  return {
    plans: planBlocks(recipe.parents),
    createMaker() {
      const buffers = createChunkBuffers(rowBytes)
      return (plan) => ({
        rows: plan.rows,
        chunks() {
          const own = random.fork(recipe.firstSerial + plan.first)
          return encodeChunks(plan, rowBytes, buffers, (target, offset, index) =>
            writeRow(target, offset, index, parentOf(index), own),
          )
        },
      })
    },
  }
}

/** Buffers for the chunks of a loader's blocks, which are used again one after the other. */
export function createChunkBuffers(rowBytes: number): readonly Buffer[] {
  return Array.from({ length: chunksKept + 1 }, () => Buffer.allocUnsafe(rowsPerChunk * rowBytes))
}

/** Writes the rows of a block into one buffer after the other, each row by its index. */
export function* encodeChunks(
  { first, rows }: Pick<BlockPlan, 'first' | 'rows'>,
  rowBytes: number,
  buffers: readonly Buffer[],
  writeRow: (target: Buffer, offset: number, index: number) => void,
): Generator<EncodedRows> {
  for (let done = 0, chunk = 0; done < rows; done += rowsPerChunk, chunk++) {
    const count = Math.min(rowsPerChunk, rows - done)
    const bytes = (buffers[chunk % buffers.length] as Buffer).subarray(0, count * rowBytes)
    for (let row = 0; row < count; row++) writeRow(bytes, row * rowBytes, first + done + row)
    yield { bytes, rows: count }
  }
}

/** The parent of each row by the row's index: one after the other, or all over the table. */
function createParentLookup({ parents, order, seed }: SeedRecipe): (index: number) => number {
  const ends = new Float64Array(parents.length)
  let total = 0
  for (const [at, { rows }] of parents.entries()) {
    total += rows
    ends[at] = total
  }
  const grouped = createEndSearch(ends)
  const keyAt = (index: number): number => parents[grouped(index)]!.key
  if (order === 'grouped') return keyAt
  const shuffle = createPermutation(total, `${seed}/order`)
  return (index) => keyAt(shuffle(index))
}

/** Finds the first of the ascending `ends` above `index`; quick when asked for neighbours. */
function createEndSearch(ends: Float64Array): (index: number) => number {
  let last = 0
  return (index) => {
    const start = last === 0 ? 0 : (ends[last - 1] as number)
    if (index >= start && index < (ends[last] as number)) return last
    let low = 0
    let high = ends.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (index < (ends[middle] as number)) high = middle
      else low = middle + 1
    }
    last = low
    return low
  }
}
