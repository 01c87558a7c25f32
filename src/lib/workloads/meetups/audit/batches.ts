import type { Pace } from '../../../audit/pace.ts'

/** Rows whose counterparts are read at once. */
const size = 500

/** Rows in batches, so that what belongs to them takes one question each and memory stays flat. */
export async function* inBatches<Row>(rows: AsyncIterable<Row>, pace: Pace): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = []
  for await (const row of rows) {
    batch.push(row)
    if (pace.step()) await pace.rest()
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
