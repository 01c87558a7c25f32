import { insertSchedules, type FilledCalendar } from '../lib/app/insert-schedules.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'

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

  async run(): Promise<FilledCalendar> {
    const { flags } = await this.parse(InsertSchedules)
    return insertSchedules(this.context, await this.resolveSettings(flags))
  }
}
