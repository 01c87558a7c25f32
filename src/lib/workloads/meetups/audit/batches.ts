import type { Yielder } from '../../../base/progress.ts'

/** Rows whose counterparts are read at once. */
const size = 500

/** Rows in batches, so that what belongs to them takes one question each and memory stays flat. */
export async function* inBatches<Row>(rows: AsyncIterable<Row>, yielder: Yielder): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = []
  for await (const row of rows) {
    batch.push(row)
    if (yielder.step()) await yielder.yield()
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
