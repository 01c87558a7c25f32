import { requireTables } from '../adapters/databases/migrate.ts'
import { failure } from '../base/errors/errors.ts'
import { formatCount } from '../base/format.ts'
import { isSet, type ResolvedConfig } from '../config/resolve.ts'
import { vaccination } from '../workloads/vaccination/index.ts'
import { raiseCapacity } from '../workloads/vaccination/slots.ts'
import { openDatabase, type RunContext } from './run-context.ts'

/** A calendar once it is filled. */
export interface FilledCalendar {
  /** Slots in place. */
  readonly slots: number
  readonly added: number
  /** Slots that were there before and have more places now. */
  readonly raised: number
}

/** Fills the calendar with slots, where they are missing, and prints how many there are. Throws `interrupted` when it is stopped. */
export async function insertSchedules(
  context: RunContext,
  { values, settings }: ResolvedConfig,
): Promise<FilledCalendar> {
  const { signal } = context
  if (values.closes < values.opens) throw failure('usage-wrong', { reason: 'closes must not be before opens.' })
  await using database = await openDatabase(context, values.db, 1)
  await requireTables(database, vaccination.name, vaccination.tables, vaccination.migrations)
  const { done, total, added } = await context.progress.track('Slots', 'slots', async (onProgress) => {
    let state = { done: 0, total: 0, added: 0 }
    for await (state of vaccination.seed(database, values, signal)) onProgress(state)
    return state
  })
  if (done < total)
    throw failure('interrupted', { done: `${formatCount(done)} of ${formatCount(total)} slots are in place.` })
  // The default says what new slots have, and nothing of those that somebody has chosen places for.
  const raised = isSet(settings.capacity) ? await raiseCapacity(database, values, signal) : 0
  const more = raised > 0 ? ` ${formatCount(raised)} that were there have more places now.` : ''
  context.log(`${formatCount(total)} slots in place, ${formatCount(added)} of them new.${more}`)
  return { slots: total, added, raised }
}
