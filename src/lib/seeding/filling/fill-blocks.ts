import type { BulkLoader, Database, InsertStrategy } from '../../ports/database.ts'
import { createRandom } from '../../base/random.ts'
import { storeOnce, type BlockStore, type NumberedBlock } from '../block-store.ts'
import { createChunkBuffers, encodeChunks, rowsPerBlock } from '../blocks.ts'
import { receiptOf } from '../journal.ts'
import type { JournalTables } from '../journal-tables.ts'
import type { FillPart, TableFilling } from './filling.ts'

/** Bytes of a block of wide rows: more would only grow the server's log and this process. */
const mostBlockBytes = 16_000_000

/** The rows of a part that are stored with one commit. */
export interface FillBlock extends NumberedBlock {
  readonly part: FillPart
  /** Names the part among all of its filling: what the seed of its rows is made of. */
  readonly name: string
  /** Index of its first row in the part. */
  readonly first: number
}

/** Cuts tables into blocks, one table after the other. The same tables are always cut alike. */
export function planFillBlocks(tables: readonly TableFilling[]): FillBlock[] {
  const blocks: FillBlock[] = []
  for (const { table, parts } of tables) {
    for (const [at, part] of parts.entries()) {
      const size = Math.max(1, Math.min(rowsPerBlock, Math.floor(mostBlockBytes / part.layout.rowBytes)))
      for (let first = 0; first < part.rows; first += size) {
        const rows = Math.min(size, part.rows - first)
        blocks.push({ number: blocks.length, part, name: `${table.name}/${at}`, first, rows })
      }
    }
  }
  return blocks
}

/** The chunks of a block, whose rows follow from the seed, the table and their range. */
export function chunksOfBlock(seed: string, { part, name, first, rows }: FillBlock, buffers: readonly Buffer[]) {
  const random = createRandom(`${seed}/${name}/${first}`)
  return encodeChunks({ first, rows }, part.layout.rowBytes, buffers, (target, offset, index) =>
    part.writeRow(target, offset, index, random),
  )
}

/** Opens a strategy for the blocks of several tables. */
export function openFillStore(
  database: Database,
  journal: JournalTables,
  { plans, seed }: { readonly plans: readonly FillBlock[]; readonly seed: string },
  strategy: InsertStrategy,
): BlockStore<FillBlock> {
  const loaders = createLoaders(strategy, database.traits.concurrentWriters)
  return {
    plans,
    createLoader() {
      let buffers: readonly Buffer[] = []
      let rowBytes = 0
      return async (plan) => {
        const { layout } = plan.part
        if (rowBytes !== layout.rowBytes) {
          rowBytes = layout.rowBytes
          buffers = createChunkBuffers(rowBytes)
        }
        const loader = await loaders.of(plan.part)
        const block = { rows: plan.rows, chunks: () => chunksOfBlock(seed, plan, buffers) }
        await storeOnce(database, journal, plan.number, () =>
          loader.load(block, { counted: null, receipt: receiptOf(journal, plan.number) }),
        )
      }
    },
    close: () => loaders.close(),
  }
}

/** Opens a loader for each part when its first block comes: an engine with one writer has one at a time. */
function createLoaders(strategy: InsertStrategy, severalAtOnce: boolean) {
  const open = new Map<FillPart, Promise<BulkLoader>>()

  async function close(): Promise<void> {
    const all = [...open.values()]
    open.clear()
    // One that could not be opened was told of by its block.
    for (const loader of all) await loader.then((each) => each.close(), ignored)
  }

  return {
    async of(part: FillPart): Promise<BulkLoader> {
      if (!severalAtOnce && !open.has(part)) await close()
      const loader = open.get(part) ?? strategy.open(part.layout)
      open.set(part, loader)
      return loader
    },
    close,
  }
}

const ignored = (): void => {}
