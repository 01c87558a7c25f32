import type { BlockEnd, Counter, Database, InsertStrategy } from '../ports/database.ts'
import { createBlockSource, type BlockPlan } from './blocks.ts'
import { isBlockStored, receiptOf } from './journal.ts'
import type { JournalTables } from './journal-tables.ts'
import type { SeedRecipe, SeedTarget } from './recipe.ts'
import { isDeferred, reservationJournal } from './reservation-journal.ts'

/** Some rows that are stored with one commit. */
export interface NumberedBlock {
  /** From 0. */
  readonly number: number
  readonly rows: number
}

/** An open bulk strategy of a seeding. */
export interface BlockStore<Plan extends NumberedBlock> {
  /** All blocks of the seeding, by their numbers. */
  readonly plans: readonly Plan[]
  /** Makes a loader that stores blocks one after the other; several of them work side by side. */
  createLoader(): (plan: Plan) => Promise<void>
  /** Makes everything durable. */
  close(): Promise<void>
}

/** The fastest bulk strategy that the server allows, and why each faster one is passed over. */
export interface ChosenStrategy {
  readonly strategy: InsertStrategy
  readonly passedOver: readonly string[]
}

/** Asks the server which strategies it allows. */
export async function chooseStrategy(database: Database): Promise<ChosenStrategy> {
  const passedOver: string[] = []
  for (const strategy of database.insertStrategies) {
    const reason = await strategy.unavailable()
    if (reason === null) return { strategy, passedOver }
    passedOver.push(`${strategy.name}: ${reason}`)
  }
  throw new Error(`no strategy inserts into ${database.engine.name}: ${passedOver.join('; ')}`)
}

/**
 * Stores block `number`. One that has its entry in the journal already, or gets it from somebody else meanwhile, counts as
 * stored: it has the same rows, whoever stores them.
 */
export async function storeOnce(
  database: Database,
  journal: JournalTables,
  number: number,
  store: () => Promise<void>,
): Promise<void> {
  try {
    await store()
  } catch (error) {
    // Where the database is away it cannot be asked, and the error is the better answer.
    if (!(await isBlockStored(database, journal, number).catch(() => false))) throw error
  }
}

/** Opens a strategy for a recipe's blocks. */
export async function openBlockStore<R extends object>(
  database: Database,
  target: SeedTarget<R>,
  recipe: SeedRecipe,
  strategy: InsertStrategy,
): Promise<BlockStore<BlockPlan>> {
  const source = createBlockSource(recipe, target.layout.rowBytes, target.createWriter(recipe))
  const counter = isDeferred(database, recipe) ? null : target.counter
  const loader = await strategy.open(target.layout)
  return {
    plans: source.plans,
    createLoader() {
      const makeBlock = source.createMaker()
      return (plan) =>
        storeOnce(database, reservationJournal, plan.number, () => loader.load(makeBlock(plan), endOf(plan, counter)))
    },
    close: () => loader.close(),
  }
}

function endOf({ number, parents }: BlockPlan, counter: Counter | null): BlockEnd {
  return { counted: counter ? { counter, parents } : null, receipt: receiptOf(reservationJournal, number) }
}
