import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from '../ports/database.ts'
import { failure } from '../base/errors/errors.ts'
import { formatCount } from '../base/format.ts'
import { createBlockSource } from './blocks.ts'
import { createRowSummer, emptySum, type RowSum } from './checksum.ts'
import { rowsOf, type SeedRecipe, type SeedTarget } from './recipe.ts'
import type { Progress } from '../base/progress.ts'

/** Rows between two looks at the signal and two signs of progress. */
const stepRows = 50_000

/** Sums up what the table holds, by reading every row. Throws the signal's reason once it aborts. */
export async function sumTable<R extends object>(
  database: Database,
  { layout }: SeedTarget<R>,
  onProgress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<RowSum> {
  const total = await database.store.count(layout.table)
  const summer = createRowSummer(layout, emptySum)
  let done = 0
  for await (const row of database.store.scan(layout.table)) {
    summer.addRow(row)
    if (++done % stepRows === 0) {
      signal?.throwIfAborted()
      onProgress({ done, total })
      await nextTurn()
    }
  }
  return summer.result()
}

/** Sums up what the table should hold once the recipe's rows are added to `before`, by making these rows again. */
export async function sumRecipe<R extends object>(
  target: SeedTarget<R>,
  recipe: SeedRecipe,
  before: RowSum,
  onProgress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<RowSum> {
  const total = rowsOf(recipe)
  const summer = createRowSummer(target.layout, before)
  const source = createBlockSource(recipe, target.layout.rowBytes, target.createWriter(recipe))
  const makeBlock = source.createMaker()
  for (const plan of source.plans) {
    for (const chunk of makeBlock(plan).chunks()) summer.addEncoded(chunk)
    signal?.throwIfAborted()
    onProgress({ done: plan.first + plan.rows, total })
    await nextTurn()
  }
  return summer.result()
}

/** Returns `found` when it equals what was expected. Throws `verification-failed`. */
export function compareSums<R extends object>({ layout }: SeedTarget<R>, expected: RowSum, found: RowSum): RowSum {
  if (expected.rows === found.rows && expected.checksum === found.checksum) return found
  throw failure('verification-failed', {
    table: layout.table.name,
    expected: describeSum(expected),
    found: describeSum(found),
  })
}

function describeSum({ rows, checksum }: RowSum): string {
  return `${formatCount(rows)} rows with checksum ${checksum}`
}
