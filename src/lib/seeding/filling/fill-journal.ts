import { z } from 'zod'
import { failure } from '../../base/errors/errors.ts'
import type { Journal, JournalKind } from '../journal.ts'
import { journalTables } from '../journal-tables.ts'

/** All that the rows of a filling follow from, as plain data. */
export interface FillRecipe {
  readonly seed: string
  readonly tables: readonly FilledPlan[]
}

/** A table of a filling. */
interface FilledPlan {
  readonly name: string
  /** As flags: `--table-rows 100000`. */
  readonly amount: string
  /** Rows of its parts. */
  readonly rows: readonly number[]
}

/** The journal of a filling. */
export type FillJournal = Journal<FillRecipe>

const SavedRecipe = z.strictObject({
  seed: z.string(),
  tables: z.array(
    // They stand in errors as they are.
    z.strictObject({
      name: z.string().regex(/^\w{1,64}$/),
      amount: z.string().regex(/^[a-z\d -]{0,1000}$/),
      rows: z.array(z.number().int().nonnegative()),
    }),
  ),
})

/** The journal of the filling of a workload's tables, of which each workload has one of its own. */
export function fillJournal(workload: string): JournalKind<FillRecipe> {
  return {
    owner: 'filling',
    ...journalTables(`rushbench_filling_${workload}`, `rushbench_filled_${workload}`),
    encode: (recipe) => JSON.stringify(recipe),
    decode(text) {
      try {
        return SavedRecipe.safeParse(JSON.parse(text)).data ?? null
      } catch {
        return null
      }
    },
    isUnderWay: () => true,
    unfinished: (url) => failure('filling-unfinished', { url, workload }),
    broken: (url) => failure('filling-broken', { url, workload }),
  }
}
