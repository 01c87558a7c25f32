import { openDatabase } from '../lib/app/run-context.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'
import { requireTables } from '../lib/adapters/databases/migrate.ts'
import { failure } from '../lib/base/errors/errors.ts'
import { formatCount } from '../lib/base/format.ts'
import { raiseCapacity } from '../lib/workloads/vaccination/slots.ts'
import { vaccination } from '../lib/workloads/vaccination/index.ts'

export default class InsertSchedules extends BaseCommand {
  static override summary = 'Fill the calendar with slots.'
  static override description = `By default 3 years from 2000-01-01, every 20 minutes from 8:00 to 19:40, 300 places each: 39,456 slots. Running it \
again adds only what is missing. With --capacity, existing slots with fewer places get as many; none loses any.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --from 2027-01-01 --years 1 --every 1h --capacity 20',
    '<%= config.bin %> <%= command.id %> --db mysql://user:password@127.0.0.1/test --json',
  ]
  static override flags = settingFlags('db', 'from', 'years', 'opens', 'closes', 'every', 'capacity')

  async run(): Promise<{ slots: number; added: number; raised: number }> {
    const { flags } = await this.parse(InsertSchedules)
    const config = await this.resolveSettings(flags)
    const { values } = config
    if (values.closes < values.opens) throw failure('usage-wrong', { reason: 'closes must not be before opens.' })
    await using database = await openDatabase(this.context, values.db, 1)
    await requireTables(database, vaccination.name, vaccination.tables)
    const { done, total, added } = await this.context.progress.track('Slots', 'slots', async (onProgress) => {
      let state = { done: 0, total: 0, added: 0 }
      for await (state of vaccination.seed(database, values, this.signal)) onProgress(state)
      return state
    })
    if (done < total)
      throw failure('interrupted', { done: `${formatCount(done)} of ${formatCount(total)} slots are in place.` })
    // The default says what new slots have, and nothing of those that somebody has chosen places for.
    const isChosen = config.settings.some(({ name, origin }) => name === 'capacity' && origin !== 'default')
    const raised = isChosen ? await raiseCapacity(database, values, this.signal) : 0
    const more = raised > 0 ? ` ${formatCount(raised)} that were there have more places now.` : ''
    this.log(`${formatCount(total)} slots in place, ${formatCount(added)} of them new.${more}`)
    return { slots: total, added, raised }
  }
}
